"""The running side: executor of a batch, delivery of the outbox, housekeeping."""
