"""Query DSL: from JSON to nodes (`parse`), from nodes to conditions in SQL (`conditions`)."""
