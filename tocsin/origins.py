"""Who made what no user made: files of a daemon and users keep out of each other's way by it (DECISIONS 3)."""

BY_FILES = "rule files"
"""Who created the rules that come from files; rules of other origin are never touched by them."""
BY_ABSENCE = "absence from rule files"
"""Who disabled the rules that vanished from the files; they are enabled when they are back."""
BY_SETTINGS = "tocsin.yml"
"""Who created the maintenance windows that come from there; others are never touched by it."""
