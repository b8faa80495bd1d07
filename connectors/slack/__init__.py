"""The ``.slack`` connector: incoming webhooks."""
