"""The six lambdas that a template may call by a section (templates.md 6)."""
