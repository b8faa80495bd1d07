"""The ``.index`` connector."""
