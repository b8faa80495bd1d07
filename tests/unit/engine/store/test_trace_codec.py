"""Traces and decisions: what is packed comes back."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.model.notification import LedgerEntry
from engine.model.outcome import Gap
from engine.model.trace import ActionMention, AlertMention, RuleIdentity, RunTrace, Trace, UntrackTrace
from engine.store.encoding import decode_json, encode_json
from engine.store.trace_codec import decode_ledger, decode_trace, encode_ledger, encode_trace

START = datetime(2026, 1, 1, tzinfo=UTC)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
optional = st.none() | texts
numbers = st.integers(0, 2**60)
instants = st.integers(0, 10**13).map(lambda ms: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms))
names = st.lists(texts, max_size=3).map(tuple)
identities = st.builds(
    RuleIdentity,
    *(texts, texts, optional, optional, optional, optional, optional),
    st.none() | st.integers(0, 10**6),
    optional,
)
mentions = st.builds(
    AlertMention, texts, texts, optional, st.booleans(), st.none() | instants, numbers, st.none() | instants, names
)
mention_lists = st.lists(mentions, max_size=2).map(tuple)
actions = st.builds(
    ActionMention, texts, texts, texts, texts, optional, optional, st.none() | st.tuples(numbers, numbers, numbers)
)
metric_names = texts | st.sampled_from(["number_of_searches", "alert_counts.new", "total_run_duration_ms", "0"])
metrics = st.dictionaries(metric_names, st.none() | numbers | st.floats(allow_nan=False) | st.booleans(), max_size=4)
runs = st.builds(
    RunTrace,
    rule=identities,
    execution_uuid=texts,
    scheduled_at=instants,
    started_at=instants,
    ended_at=instants,
    status=texts,
    outcome=st.sampled_from(["success", "warning", "failure"]),
    reason=optional,
    message=texts,
    error_message=optional,
    timed_out_at=st.none() | instants,
    gap=st.none() | st.builds(Gap, instants, instants),
    recovered=mention_lists,
    new=mention_lists,
    active=mention_lists,
    actions=st.lists(actions, max_size=2).map(tuple),
    maintenance_window_ids=names,
    metrics=metrics.filter(lambda found: all(abs(value or 0) != float("inf") for value in found.values())),
)
traces: st.SearchStrategy[Trace] = runs | st.builds(UntrackTrace, identities, instants, mention_lists)
entries = st.builds(LedgerEntry, optional, texts, names, st.dictionaries(texts, texts | numbers, max_size=2))


@settings(max_examples=50, deadline=None)
@given(traces)
def test_a_trace_comes_back(trace: Trace) -> None:
    assert decode_trace(encode_trace(trace)) == trace


@settings(max_examples=50, deadline=None)
@given(st.lists(entries, max_size=3).map(tuple))
def test_decisions_come_back(ledger: tuple[LedgerEntry, ...]) -> None:
    assert decode_ledger(encode_ledger(ledger)) == ledger


def quiet_run(**members: object) -> RunTrace:
    identity = RuleIdentity("5cd7bc03-6ea0-43ea-ac4b-5a2ba78b0d0c", "default", "a rule", ".es-query", "alerts")
    return RunTrace(identity, "f" * 36, START, START, START, "ok", "success", **members)  # type: ignore[arg-type]


def test_a_quiet_run_is_small() -> None:
    metrics = {"number_of_searches": 1, "es_search_duration_ms": 12, "total_search_duration_ms": 13}
    assert len(encode_trace(quiet_run(metrics=metrics))) < 350


def test_members_that_a_newer_program_added_are_ignored() -> None:
    trace = quiet_run()
    assert decode_trace(encode_json([*decode_json(encode_trace(trace)), "new"])) == trace


def test_metrics_that_are_not_json_are_refused() -> None:
    with pytest.raises(TypeError):
        encode_trace(quiet_run(metrics={"number_of_searches": START}))


def test_stored_bytes_are_read_for_ever() -> None:
    """Traces of released versions: never change one, add new ones."""
    data = (
        b'[1,["r","s","n","t","c","p","k",3],"e",1767225600000,1767225600000,1767225601000,"active","success",null,"m",'
        b'null,null,[1767225600000,1767225601000],[],[["a","u","hot",1,1767225600000,5,null,["w"]]],[],'
        b'[["id","act","con",".slack","a","hot",null]],["w"],[1,2],{"x":1}]'
    )
    second = START + timedelta(seconds=1)
    assert decode_trace(data) == RunTrace(
        rule=RuleIdentity("r", "s", "n", "t", "c", "p", "k", 3),
        execution_uuid="e",
        scheduled_at=START,
        started_at=START,
        ended_at=second,
        status="active",
        outcome="success",
        message="m",
        gap=Gap(START, second),
        new=(AlertMention("a", "u", "hot", True, START, 5, None, ("w",)),),
        actions=(ActionMention("id", "act", "con", ".slack", "a", "hot"),),
        maintenance_window_ids=("w",),
        metrics={"number_of_triggered_actions": 1, "number_of_generated_actions": 2, "x": 1},
    )
