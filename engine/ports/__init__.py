"""What the engine asks of others: one protocol a file."""
