"""Rule type ``.index-threshold``: alerts on a count or metric over a trailing time window, whole or per group."""
