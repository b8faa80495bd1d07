"""What a sequence of runs and operations must have come to: alerts, actions, documents, events, stored state."""

from itertools import pairwise
from typing import Any

from tests.cases.adapters.lifecycle_engine import CaseEngine
from tests.cases.adapters.lifecycle_outcome import assert_execution_status, assert_last_run, assert_status
from tests.cases.adapters.lifecycle_result import StepResult
from tests.cases.matching import assert_absent, assert_equal, assert_set, assert_subset, require_known

Case = dict[str, Any]

_STATUS_EXPECT = {"execution_status", "last_run"}
_DOCUMENTS_EXPECT = {
    *("documents_total", "document", "statuses", "statuses_by_start", "uuids_distinct", "muted", "not_equal"),
    *("document_execution_uuid_is_that_of_step", "document_id_equals"),
}
_EVENTS_EXPECT = {
    *("actions_in_order", "last_run_actions_in_order", "events", "counts", "ids", "execute", "execute_metrics"),
    *("event", "execution_uuid"),
}
_STATE_EXPECT = {"stored_alert_state", "stored_alert_state_last", "absent_in_last"}
_EXPECT = {
    "steps",
    "last_step",
    "absent",
    "previous_started_at_seen",
    *_STATUS_EXPECT,
    *_DOCUMENTS_EXPECT,
    *_EVENTS_EXPECT,
    *_STATE_EXPECT,
}
_ALERT_SETS = ("new", "active", "recovered", "held", "tracked_recovered")
_STEP_EXPECT = {*_ALERT_SETS, "actions", "delayed_count", "alerts_count", "alerts", "absent", *_STATUS_EXPECT}
_EXECUTION = "kibana.alert.rule.execution.uuid"
_METRICS = "kibana.alert.rule.execution.metrics."


async def check_steps(given: Case, expect: Case) -> None:
    """Shape ``steps``."""
    require_known(expect, _EXPECT, "expect")
    assert len(expect.get("steps", ())) <= len(given["steps"]), "expect: more steps than there are"
    async with CaseEngine(given) as engine:
        results = [await engine.perform(step) for step in given["steps"]]
        runs = [result for result in results if result.is_run]
        uuids: dict[str, str] = {}
        for index, wanted in enumerate(expect.get("steps", ())):
            _check_step(results[index], wanted, uuids, f"step {index}")
        if "last_step" in expect:
            _check_step(runs[-1], expect["last_step"], uuids, "last step")
        if "previous_started_at_seen" in expect:
            assert_equal(engine.previous_started_at_seen(), expect["previous_started_at_seen"], "previous_started_at")
        assert_status(await engine.status(), {name: expect[name] for name in _STATUS_EXPECT & set(expect)})
        subjects = [
            *_check_documents(await engine.documents(), results, expect),
            *_check_events(await engine.events(), runs, expect),
            *_check_stored_state(engine, expect),
        ]
    if "absent" in expect:
        assert subjects, "absent: unknown shape, says not of what"
        for subject in subjects:
            assert_absent(subject, expect["absent"], "the last one")


def _check_step(result: StepResult, wanted: Case, uuids: dict[str, str], where: str) -> None:
    require_known(wanted, _STEP_EXPECT, where)
    for name in _ALERT_SETS:
        if name in wanted:
            assert_set(result.alert_ids(name), wanted[name], f"{where}.{name}")
    if "actions" in wanted:
        assert_set(result.actions(), wanted["actions"], f"{where}.actions")
    for name in ("delayed_count", "alerts_count"):
        if name in wanted:
            assert_subset(getattr(result, name), wanted[name], f"{where}.{name}")
    if "execution_status" in wanted:
        assert_execution_status(result, wanted["execution_status"], f"{where}.execution_status")
    if "last_run" in wanted:
        assert_last_run(result, wanted["last_run"], f"{where}.last_run")
    for alert_id, values in wanted.get("alerts", {}).items():
        assert alert_id in result.alerts, f"{where}: no document of alert {alert_id!r}"
        _check_alert(result.alerts[alert_id], dict(values), uuids, f"{where}.alerts.{alert_id}")
    for document in result.alerts.values():
        assert_absent(document, map(_document_key, wanted.get("absent", ())), where)


def _check_alert(document: Case, values: Case, uuids: dict[str, str], where: str) -> None:
    symbol = values.pop("uuid", None)
    if symbol is not None:
        real = document["kibana.alert.uuid"]
        assert uuids.setdefault(symbol, real) == real, f"{where}: uuid {symbol} was another one before"
        assert [s for s, known in uuids.items() if known == real] == [symbol], f"{where}: uuid shared by symbols"
    assert_absent(document, map(_document_key, values.pop("absent", ())), where)
    for name, wanted in values.items():
        assert_subset(document.get(_document_key(name)), wanted, f"{where}.{name}")


def _document_key(name: str) -> str:
    if name.startswith(("kibana.", "event.", "@")) or name == "tags":
        return name
    return {"duration_us": "kibana.alert.duration.us"}.get(name, f"kibana.alert.{name}")


def _check_documents(documents: list[Case], results: list[StepResult], expect: Case) -> list[Case]:
    """Returns the document that ``absent`` is about."""
    newest = documents[-1] if documents else {}
    by_id = {document["kibana.alert.instance.id"]: document for document in documents}
    if "documents_total" in expect:
        assert_equal(len(documents), expect["documents_total"], "documents_total")
    assert_subset(newest, expect.get("document", {}), "document")
    if "statuses" in expect:
        statuses = {alert_id: document["kibana.alert.status"] for alert_id, document in by_id.items()}
        assert_subset(statuses, expect["statuses"], "statuses")
    if "statuses_by_start" in expect:
        _check_statuses_by_start(documents, expect["statuses_by_start"])
    if "uuids_distinct" in expect:
        distinct = len({document["kibana.alert.uuid"] for document in documents}) == len(documents)
        assert_equal(distinct, expect["uuids_distinct"], "uuids_distinct")
    if "document_execution_uuid_is_that_of_step" in expect:
        result = results[expect["document_execution_uuid_is_that_of_step"]]
        assert_equal(newest[_EXECUTION], result.execution_uuid, "execution uuid")
    if "document_id_equals" in expect:
        # The store knows documents by their alert's uuid.
        assert_equal(newest["kibana.alert.uuid"], newest[expect["document_id_equals"]], "document id")
    if "not_equal" in expect:
        _check_not_equal(newest, expect["not_equal"])
    if "muted" in expect:
        muted = {alert_id: document["kibana.alert.muted"] for alert_id, document in by_id.items()}
        wanted = expect["muted"]
        assert_subset(muted if isinstance(wanted, dict) else newest["kibana.alert.muted"], wanted, "muted")
    is_about_events = {"execute", "event", *_STATE_EXPECT} & set(expect)
    return [] if is_about_events and "document" not in expect else [newest]


def _check_statuses_by_start(documents: list[Case], wanted: Any) -> None:
    by_start = sorted(documents, key=lambda document: document["kibana.alert.start"])
    if isinstance(wanted, dict):
        statuses = {document["kibana.alert.start"]: document["kibana.alert.status"] for document in by_start}
        assert_subset(statuses, wanted, "statuses_by_start")
    else:
        assert_equal([document["kibana.alert.status"] for document in by_start], wanted, "statuses_by_start")


def _check_not_equal(document: Case, wanted: Any) -> None:
    """Pairs of field and value (or another field's name), or a list of fields that all differ."""
    pairs = wanted.items() if isinstance(wanted, dict) else pairwise(wanted)
    for name, other in pairs:
        assert name in document, f"document.{name} is missing"
        value = document[other] if isinstance(other, str) and other in document else other
        assert document[name] != value, f"document.{name} must differ from {value!r}"


def _check_events(events: list[Case], runs: list[StepResult], expect: Case) -> list[Case]:
    """Returns the events that ``absent`` is about."""
    actions = [event["event.action"] for event in events]
    last = [event for event in events if runs and event.get(_EXECUTION) == runs[-1].execution_uuid]
    if "actions_in_order" in expect:
        assert_equal(actions, expect["actions_in_order"], "actions_in_order")
    if "last_run_actions_in_order" in expect:
        assert_equal([event["event.action"] for event in last], expect["last_run_actions_in_order"], "last run")
    for name in ("events", "counts"):
        wanted = expect.get(name) or {}
        if isinstance(wanted, list):
            assert_equal(actions, wanted, name)
            continue
        for action, number in wanted.items():
            assert_equal(actions.count(action), number, f"{name}.{action}")
    for action, ids in expect.get("ids", {}).items():
        found = [event.get("kibana.alerting.instance_id") for event in events if event["event.action"] == action]
        assert_set(found, ids, f"ids.{action}")
    if "execution_uuid" in expect:
        _check_execution_uuids(events, runs)
    executes = [event for event in events if event["event.action"] == "execute"]
    assert_subset(executes[-1] if executes else {}, expect.get("execute", {}), "execute")
    if "execute_metrics" in expect:
        metrics = {key.removeprefix(_METRICS): value for key, value in executes[-1].items() if _METRICS in key}
        assert_subset(metrics, expect["execute_metrics"], "execute_metrics")
    subjects = executes[-1:] if "execute" in expect else []
    return [*subjects, _matching_event(events, last, expect["event"])] if "event" in expect else subjects


def _matching_event(events: list[Case], last: list[Case], wanted: Case) -> Case:
    """The event of the last run that is as wanted; untracking happens outside runs."""
    action = wanted.get("event.action", "execute")
    candidates = [event for event in last if event["event.action"] == action]
    candidates = candidates or [
        event for event in events if event["event.action"] == action and _EXECUTION not in event
    ]
    assert candidates, f"the last run has no event {action!r}"
    for event in candidates:
        if all(event.get(name) == value for name, value in wanted.items()):
            return event
    assert_subset(candidates[-1], wanted, "event")
    return candidates[-1]


def _check_execution_uuids(events: list[Case], runs: list[StepResult]) -> None:
    """In words in the cases: the events of a run share one uuid, and every run has another one."""
    uuids = [event[_EXECUTION] for event in events if event["event.action"] != "untracked-instance"]
    assert list(dict.fromkeys(uuids)) == [run.execution_uuid for run in runs], "execution_uuid: not one per run"
    assert len(set(uuids)) == len(runs), "execution_uuid: shared by runs"


def _check_stored_state(engine: CaseEngine, expect: Case) -> list[Case]:
    """States as rule types see them, after each run. Returns the state that ``absent`` is about."""
    states = engine.stored_states
    for name in ("stored_alert_state", "stored_alert_state_last"):
        wanted = expect.get(name, [])
        for index, state in enumerate(wanted if isinstance(wanted, list) else [wanted]):
            found = states[index] if isinstance(wanted, list) else states[-1]
            is_by_id = bool(state) and all(isinstance(value, dict) for value in state.values())
            assert_subset(found if is_by_id else _only_state(found), state, f"{name}[{index}]")
    assert_absent(_only_state(states[-1]) if states else {}, expect.get("absent_in_last", ()), "stored alert state")
    is_about_state = "stored_alert_state" in expect or "stored_alert_state_last" in expect
    return [_only_state(states[-1])] if is_about_state else []


def _only_state(states: Case) -> Case:
    return next(iter(states.values()), {})
