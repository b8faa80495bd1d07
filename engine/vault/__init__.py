"""The vault: secrets sealed by the operator's key."""
