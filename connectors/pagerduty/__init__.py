"""The ``.pagerduty`` connector."""
