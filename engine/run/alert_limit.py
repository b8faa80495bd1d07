"""The alert limit: how many alerts a rule type may report in one run (rule-run.md 7)."""

DEFAULT_LIMIT = 1000
HIGHEST_LIMIT = 5000


def effective_limit(configured: int | None) -> int:
    """The limit in force: 1000 unless configured, never more than 5000."""
    return DEFAULT_LIMIT if configured is None else min(configured, HIGHEST_LIMIT)
