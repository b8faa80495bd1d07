"""Kept run states: what a claim gets from memory is what it would have read from the row."""

from enum import Enum
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.model.alert import Alert, RuleState
from engine.store.state_cache import StateCache
from engine.store.state_codec import decode_state, encode_state


class Colour(Enum):
    RED = "red"


odd = st.recursive(
    st.sampled_from([None, True, 7, 1.5, "x", float("nan"), float("inf"), Colour.RED, UUID(int=5)]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text("ab", max_size=2), inner, max_size=3)
    ),
    max_leaves=6,
)
odd_objects = st.dictionaries(st.text("abc", max_size=2), odd, max_size=3)


def with_alerts(*alert_ids: str, **members: Any) -> RuleState:
    return RuleState({alert_id: Alert(alert_id, f"u-{alert_id}") for alert_id in alert_ids}, **members)


@settings(max_examples=100, deadline=None)
@given(odd_objects, odd_objects, odd_objects)
def test_a_kept_state_is_what_decoding_gives(state: Any, fields: Any, type_state: Any) -> None:
    alert = Alert("a", "u", state=state, fields=fields, context={"large": "x"}, reported=True)
    ended = Alert("b", "v", fields=fields)
    stored = RuleState({"a": alert}, {"b": ended}, type_state=type_state)
    blob = encode_state(stored)
    cache = StateCache()
    cache.put(1, 2, stored)
    # By their texts too: a tuple is no list and True is no 1, whatever == says.
    assert (cache.get(1, 2), repr(cache.get(1, 2))) == (decode_state(blob), repr(decode_state(blob)))


@pytest.mark.parametrize(("rule_no", "version"), [(1, 1), (1, 3), (2, 2)])
def test_another_version_or_rule_is_not_known(rule_no: int, version: int) -> None:
    cache = StateCache()
    cache.put(1, 2, with_alerts("a"))
    assert cache.get(rule_no, version) is None


def test_a_newer_state_replaces_the_older_one() -> None:
    cache = StateCache()
    cache.put(1, 2, with_alerts("a"))
    cache.put(1, 3, with_alerts("b"))
    assert cache.get(1, 2) is None
    assert cache.get(1, 3) == with_alerts("b")


def test_a_rule_type_that_changes_its_state_changes_a_copy() -> None:
    cache = StateCache()
    given_away = {"seen": [1]}
    cache.put(1, 2, with_alerts(type_state=given_away))
    given_away["seen"].append(2)
    claimed = cache.get(1, 2)
    assert claimed is not None
    assert claimed.type_state == {"seen": [1]}
    claimed.type_state["seen"].append(3)
    assert cache.get(1, 2) == with_alerts(type_state={"seen": [1]})


def test_the_least_recently_used_states_go_when_there_are_too_many_alerts() -> None:
    cache = StateCache(most_alerts=9)
    cache.put(1, 2, with_alerts("a", "b"))
    cache.put(2, 2, with_alerts("a", "b"))
    cache.put(3, 2, with_alerts("a", "b"))
    assert cache.get(1, 2) is not None
    cache.put(4, 2, with_alerts("a"))
    assert [rule_no for rule_no in range(1, 5) if cache.get(rule_no, 2) is not None] == [1, 3, 4]
    # Replacing one takes its old size off.
    cache.put(3, 3, with_alerts("a", "b"))
    assert [rule_no for rule_no in range(1, 5) if cache.get(rule_no, 2) is not None] == [1, 4]
    assert cache.get(3, 3) is not None


def test_a_state_too_large_for_all_is_not_kept() -> None:
    cache = StateCache(most_alerts=2)
    cache.put(1, 2, with_alerts("a", "b"))
    assert cache.get(1, 2) is None
    cache.put(2, 2, with_alerts("a"))
    assert cache.get(2, 2) is not None
