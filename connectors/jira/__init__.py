"""The ``.jira`` connector."""
