"""Whether a JSON document matches query DSL, judged in memory (kql.md 10)."""
