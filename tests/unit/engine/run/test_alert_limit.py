"""The alert limit in force (rule-run.md 7)."""

import pytest

from engine.run.alert_limit import effective_limit


@pytest.mark.parametrize(
    ("configured", "effective"), [(None, 1000), (1, 1), (1000, 1000), (5000, 5000), (5001, 5000), (10**6, 5000)]
)
def test_effective_limit(configured, effective):
    assert effective_limit(configured) == effective
