"""What the connectors of incident products have in common (connectors-incident.md 1)."""
