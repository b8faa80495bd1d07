"""Rule type ``.es-query``: alerts on the documents that a query finds in a trailing time window."""
