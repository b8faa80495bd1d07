"""The ``.webhook`` connector."""
