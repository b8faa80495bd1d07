"""KQL: text to syntax tree, and the tree to query DSL (kql.md 2-5)."""
