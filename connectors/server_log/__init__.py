"""The ``.server-log`` connector."""
