"""rule.url (actions-scheduling.md 14)."""

import pytest

from engine.template.links import rule_url

PAGE = "/app/management/insightsAndAlerting/triggersActions/rule/r1"


@pytest.mark.parametrize(
    ("base", "space", "relative_path", "url"),
    [
        ("http://h:5601", "default", None, f"http://h:5601{PAGE}"),
        ("https://h", "ops", None, f"https://h/s/ops{PAGE}"),
        ("http://h:5601/kbn/", "ops", None, f"http://h:5601/kbn/s/ops{PAGE}"),
        ("http://h/kbn", "default", "/app/view?from=1&to=2", "http://h/kbn/app/view?from=1&to=2"),
        ("HTTP://h", "default", None, f"HTTP://h{PAGE}"),
        (None, "default", None, None),
        ("", "default", None, None),
        ("localhost12345", "ops", None, None),
        ("localhost:5601", "ops", None, None),
        ("/kbn", "ops", None, None),
        ("http://", "ops", None, None),
        ("http://h:99999", "ops", None, None),
        ("http://a b", "ops", None, None),
    ],
)
def test_rule_url(base, space, relative_path, url):
    assert rule_url(base, space, "r1", relative_path) == url
