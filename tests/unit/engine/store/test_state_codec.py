"""The state blob: everything comes back, and other programs' blobs are read."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.model.alert import Alert, LastScheduledActions, RuleState
from engine.model.document import DocumentingRun
from engine.store import state_codec
from engine.store.encoding import decode_json, decompress, encode_json
from engine.store.state_codec import (
    EMPTY_STATE,
    decode_documents,
    decode_state,
    decode_undamaged_state,
    encode_state,
    is_tracked,
)

START = datetime(2026, 1, 1, tzinfo=UTC)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
instants = st.integers(-(10**12), 10**13).map(lambda ms: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms))
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
objects = st.dictionaries(texts, values, max_size=3)
names = st.lists(texts, max_size=3).map(tuple)
last_scheduled = st.builds(LastScheduledActions, texts, instants, st.dictionaries(texts, instants, max_size=2))
alerts = st.builds(
    Alert,
    id=texts,
    uuid=texts,
    group=st.none() | texts,
    start=st.none() | instants,
    end=st.none() | instants,
    duration_ns=st.integers(0, 2**62),
    state=objects,
    flapping_history=st.lists(st.booleans(), max_size=20),
    flapping=st.booleans(),
    active_count=st.integers(0, 10**6),
    visible=st.booleans(),
    pending_recovered_count=st.integers(0, 20),
    maintenance_window_ids=names,
    maintenance_window_names=names,
    last_scheduled_actions=st.none() | last_scheduled,
    fields=objects,
    documented=st.none() | st.builds(DocumentingRun, instants, texts),
)
alert_maps = st.lists(alerts, max_size=4).map(lambda found: {alert.id: alert for alert in found})
states = st.builds(
    RuleState,
    active=alert_maps,
    recovered=alert_maps,
    summary_actions=st.dictionaries(texts, instants, max_size=2),
    previous_started_at=st.none() | instants,
    type_state=objects,
    documented_revision=st.none() | st.integers(0, 10**6),
)


@pytest.mark.parametrize("columns_from", [1, 20])
@settings(max_examples=50, deadline=None)
@given(state=states)
def test_a_state_comes_back_with_its_alerts_in_order(state: RuleState, columns_from: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(state_codec, "_COLUMNS_FROM", columns_from)
        decoded = decode_state(encode_state(state))
    assert decoded == state
    assert list(decoded.active) == list(state.active)
    assert list(decoded.recovered) == list(state.recovered)


def test_what_speaks_of_the_present_run_only_is_not_stored() -> None:
    alert = Alert("a", "u", context={"x": 1}, reported=True)
    assert decode_state(encode_state(RuleState({"a": alert}))).active["a"] == Alert("a", "u")


def test_absent_members_are_the_defaults() -> None:
    for blob in (
        encode_json({"active": {"a": {"uuid": "u"}}}),
        encode_json({"active_columns": {"id": ["a"], "uuid": ["u"]}}),
    ):
        assert decode_state(blob) == RuleState({"a": Alert("a", "u")})
    assert decode_state(EMPTY_STATE) == RuleState() == decode_state(encode_json({"active": None, "type_state": None}))


def test_unknown_members_are_ignored() -> None:
    for blob in (
        encode_json({"active": {"a": {"uuid": "u", "colour": "red"}}, "weather": {}}),
        encode_json({"active_columns": {"id": ["a"], "uuid": ["u"], "colour": ["red"]}, "weather": {}}),
    ):
        assert decode_state(blob) == RuleState({"a": Alert("a", "u")})


def test_an_empty_state_takes_two_bytes() -> None:
    assert encode_state(RuleState()) == EMPTY_STATE


def test_a_large_state_is_packed() -> None:
    state = RuleState({str(number): Alert(str(number), f"uuid-{number}", state={"x": "y"}) for number in range(1000)})
    blob = encode_state(state)
    assert len(blob) < len(decompress(blob)) / 3
    assert decode_state(blob) == state
    assert len(decode_documents(blob)) == 1000
    assert is_tracked(blob, "999")


def test_documents_are_those_of_active_alerts_by_uuid() -> None:
    state = RuleState({"a": Alert("a", "u1", fields={"x": 1}), "b": Alert("b", "u2")}, {"c": Alert("c", "u3")})
    assert decode_documents(encode_state(state)) == {"u1": {"x": 1}, "u2": {}}


class TestColumns:
    """Of alerts which are many."""

    @pytest.fixture(autouse=True)
    def _few_are_many(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(state_codec, "_COLUMNS_FROM", 1)

    def test_what_all_alerts_share_is_stored_once(self) -> None:
        alerts = {
            str(n): Alert(str(n), f"u{n}", group="hot", fields={"tags": [], "event.action": "active"}) for n in range(9)
        }
        blob = encode_state(RuleState(alerts))
        assert (blob.count(b"hot"), blob.count(b"event.action"), blob.count(b'"active"')) == (1, 1, 1)
        assert decode_state(blob).active == alerts

    @pytest.mark.parametrize("values", [(1, True), (0, False), (0, 0.0), (0.0, -0.0), ([1], [True]), ({}, [])])
    def test_equal_is_not_the_same(self, values: tuple[object, object]) -> None:
        alerts = {str(n): Alert(str(n), f"u{n}", fields={"x": value}) for n, value in enumerate(values)}
        decoded = decode_state(encode_state(RuleState(alerts)))
        assert repr([alert.fields["x"] for alert in decoded.active.values()]) == repr(list(values))

    def test_alerts_with_different_documents_keep_their_order(self) -> None:
        fields = [{"a": 1}, {}, {"b": 2, "a": 3}, {"a": 4}, {"a": 5, "b": 6}]
        alerts = {str(n): Alert(str(n), f"u{n}", fields=each) for n, each in enumerate(fields)}
        decoded = decode_state(encode_state(RuleState(alerts)))
        assert [list(alert.fields.items()) for alert in decoded.active.values()] == [
            list(each.items()) for each in fields
        ]

    def test_the_run_that_documented_alerts_is_stored_once(self) -> None:
        runs = [DocumentingRun(START, "execution-1"), DocumentingRun(START, "execution-2")]
        alerts = {str(n): Alert(str(n), f"u{n}", fields={"x": n}, documented=runs[n // 2]) for n in range(4)}
        blob = encode_state(RuleState(alerts))
        assert blob.count(b"execution-1") == blob.count(b"execution-2") == 1
        assert decode_state(blob).active == alerts
        assert decode_documents(blob)["u3"]["kibana.alert.rule.execution.uuid"] == "execution-2"


@pytest.mark.parametrize(("alert_id", "known"), [("a", True), ("c", True), ("u1", False), ("x", False)])
def test_an_alert_is_tracked_while_active_or_remembered(alert_id: str, known: bool) -> None:
    blob = encode_state(RuleState({"a": Alert("a", "u1")}, {"c": Alert("c", "u3")}))
    assert is_tracked(blob, alert_id) is known


@pytest.mark.parametrize(
    "blob",
    [
        b"",
        b"{",
        b"\x78broken",
        b'{"active": {"a": {}}}',
        b'{"active_columns": {"id": ["a"]}}',
        b'{"active_columns": {"id": ["a", "b"], "uuid": ["u"]}}',
        b'{"active": 5}',
        b"[]",
    ],
)
def test_a_damaged_state_holds_nothing(blob: bytes) -> None:
    assert decode_undamaged_state(blob) is None
    assert decode_documents(blob) == {}
    assert not is_tracked(blob, "a")


@pytest.mark.parametrize("value", [START, {1}, b"x", 2**64, Alert("a", "u")])
def test_what_is_not_json_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        encode_state(RuleState(type_state={"x": value}))


def test_a_stored_blob_is_read_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blobs of released versions: never change one, add new ones."""
    objects = (
        b'{"active":{"host":{"uuid":"u","group":"hot","start":1767225600000,"duration":60000000000,"state":{"n":1},'
        b'"history":"101","flapping":true,"count":2,"visible":true,"pending":1,"mw_ids":["m"],"mw_names":["night"],'
        b'"last_scheduled":["hot",1767225600000,{"act":1767225660000}],"document":{"event.action":"active","tags":["t"]},"run":[1767225660000,"execution"]}},'
        b'"summary_actions":{"sum":1767225600000},"previous_started_at":1767225660000,"type_state":{"c":1},'
        b'"documented_revision":4}'
    )
    columns = (
        b'{"active_columns":{"id":["host"],"uuid":["u"],"group":["hot"],"start":[1767225600000],"duration":[60000000000],'
        b'"state":[{"n":1}],"history":["101"],"flapping":[true],"count":[2],"visible":[true],"pending":[1],'
        b'"mw_ids":[["m"]],"mw_names":[["night"]],"last_scheduled":[["hot",1767225600000,{"act":1767225660000}]],'
        b'"runs":[[1767225660000,"execution"]],'
        b'"documents":[{"names":["event.action","tags"],"of":[0],"columns":[["active"],[["t"]]]}]},'
        b'"summary_actions":{"sum":1767225600000},"previous_started_at":1767225660000,"type_state":{"c":1},'
        b'"documented_revision":4}'
    )
    minute = START + timedelta(minutes=1)
    state = RuleState(
        active={
            "host": Alert(
                "host",
                "u",
                group="hot",
                start=START,
                duration_ns=60_000_000_000,
                state={"n": 1},
                flapping_history=[True, False, True],
                flapping=True,
                active_count=2,
                visible=True,
                pending_recovered_count=1,
                maintenance_window_ids=("m",),
                maintenance_window_names=("night",),
                last_scheduled_actions=LastScheduledActions("hot", START, {"act": minute}),
                fields={"event.action": "active", "tags": ["t"]},
                documented=DocumentingRun(minute, "execution"),
            )
        },
        summary_actions={"sum": START},
        previous_started_at=minute,
        type_state={"c": 1},
        documented_revision=4,
    )
    assert decode_state(objects) == state == decode_state(columns)
    assert decode_json(encode_state(state)) == decode_json(objects)
    monkeypatch.setattr(state_codec, "_COLUMNS_FROM", 1)
    assert decode_json(encode_state(state)) == decode_json(columns)
