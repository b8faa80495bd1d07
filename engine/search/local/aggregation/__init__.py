"""Aggregations: from JSON to a plan (`parse`), then one statement a level, the answer put together in Python."""
