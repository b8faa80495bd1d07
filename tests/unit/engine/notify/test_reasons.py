"""The catalogue of reasons."""

from typing import get_args

import pytest

from engine.notify.reasons import EXPLANATIONS, Reason, ReasonCode


def test_every_code_is_explained_in_one_sentence():
    assert tuple(EXPLANATIONS) == get_args(ReasonCode)
    for explanation in EXPLANATIONS.values():
        assert explanation.endswith(".")
        assert "\n" not in explanation


@pytest.mark.parametrize("code", [code for code in get_args(ReasonCode) if code != "notified"])
def test_every_explanation_says_what_is_so_and_then_what_would_have_to_change(code):
    what_is_so, _, change = EXPLANATIONS[code].partition("; ")
    assert what_is_so.split()[0] in ("The", "Nothing")
    assert len(change.split()) >= 4


def test_facts_become_json():
    reason = Reason("delayed", (("matches", 2), ("note", "text"), ("windows", ("w1", "w2"))))
    assert reason.facts_as_json() == {"matches": 2, "note": "text", "windows": ["w1", "w2"]}
    assert Reason("muted").facts_as_json() == {}
