"""Which actions fire for which alerts, and why. Pure."""
