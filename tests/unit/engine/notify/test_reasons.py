"""The catalogue of reasons."""

from typing import get_args

from engine.notify.reasons import EXPLANATIONS, Reason, ReasonCode


def test_every_code_is_explained_in_one_sentence():
    assert tuple(EXPLANATIONS) == get_args(ReasonCode)
    for explanation in EXPLANATIONS.values():
        assert explanation.endswith(".")
        assert "\n" not in explanation


def test_facts_become_json():
    reason = Reason("delayed", (("matches", 2), ("note", "text"), ("windows", ("w1", "w2"))))
    assert reason.facts_as_json() == {"matches": 2, "note": "text", "windows": ["w1", "w2"]}
    assert Reason("muted").facts_as_json() == {}
