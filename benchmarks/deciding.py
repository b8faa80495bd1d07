"""Deciding about 1,000 alerts and three actions with filters, and summing them up; nothing is searched or stored."""

import time
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import cast

from engine.model.alert import Alert
from engine.model.document import DocumentingRun
from engine.model.jsonvalue import JsonObject
from engine.model.rule import Action, Frequency, Rule
from engine.notify.actions import compile_actions
from engine.notify.alerts_filter import compile_dsl
from engine.notify.decide import ConnectorAvailability, DecisionInput, decide
from engine.ports.connector import DEFAULT_TREATMENT
from engine.ports.rule_type import RECOVERED, ActionGroup, RuleType
from engine.query.options import QueryOptions
from engine.run.transition import Transition
from engine.template.variables import rule_variables

ALERTS = 1000
ROUNDS = 20
_AT = datetime(2026, 1, 5, 12, tzinfo=UTC)
_KQL = "host.name: web-* and not kibana.alert.rule.tags: quiet and kibana.alert.evaluation.value >= 5"
_TIMEFRAME = {"days": [1, 2, 3, 4, 5], "hours": {"start": "08:00", "end": "17:00"}, "timezone": "Europe/Vienna"}
_TYPE = SimpleNamespace(id="bench", action_groups=(ActionGroup("default", "Default"),), recovery_group=RECOVERED)


async def measure(alerts: int = ALERTS, rounds: int = ROUNDS) -> dict[str, str]:
    """CPU per run; the ratio is to the same decisions without filters."""
    chosen = {"query": {"kql": _KQL, "filters": [], "dsl": compile_dsl(_KQL, [], QueryOptions())}}
    plain = _seconds(alerts, rounds, None)
    by_query = _seconds(alerts, rounds, chosen)
    by_both = _seconds(alerts, rounds, {**chosen, "timeframe": _TIMEFRAME})
    summaries = _seconds(alerts, rounds, chosen, is_summary=True)
    return {
        "3 actions without a filter": f"{plain * 1e3:.1f} ms",
        "3 actions filtered by a query": f"{by_query * 1e3:.1f} ms ({by_query / plain:.1f} times)",
        "3 actions filtered by query and timeframe": f"{by_both * 1e3:.1f} ms ({by_both / plain:.1f} times)",
        "3 summaries filtered by a query": f"{summaries * 1e3:.1f} ms ({summaries / plain:.1f} times)",
    }


def _seconds(alerts: int, rounds: int, chosen: JsonObject | None, *, is_summary: bool = False) -> float:
    """CPU seconds of one run's decisions."""
    frequency = Frequency(is_summary, "onActiveAlert")
    actions = [Action(f"u{n}", "log", ".server-log", "default", {}, frequency, chosen) for n in range(3)]
    rule = Rule("r", "Bench", "bench", "alerts", "1m", {}, _AT, _AT, tags=("web",), actions=tuple(actions))
    rule_type = cast(RuleType, _TYPE)
    compiled = compile_actions(rule, rule_type, lambda type_id: DEFAULT_TREATMENT)
    active = [_alert(number) for number in range(alerts)]
    expected = 3 if is_summary else 3 * sum(chosen is None or _is_chosen(number) for number in range(alerts))
    elapsed = 0.0
    for _ in range(rounds):
        situation = DecisionInput(
            rule=rule,
            rule_type=rule_type,
            actions=compiled,
            transition=Transition(_AT, "run", active=active),
            at=_AT,
            execution_uuid="run",
            connectors={"log": ConnectorAvailability(".server-log")},
            rule_variables=rule_variables(rule, public_base_url=None),
            rule_fields={"kibana.alert.rule.name": rule.name, "kibana.alert.rule.tags": list(rule.tags)},
        )
        began = time.process_time()
        decisions = decide(situation)
        elapsed += time.process_time() - began
        assert len(decisions.candidates) == expected
    return elapsed / rounds


def _alert(number: int) -> Alert:
    name = "web" if number % 2 else "db"
    fields: JsonObject = {"host.name": f"{name}-{number}", "kibana.alert.evaluation.value": str(number % 10)}
    run = DocumentingRun(_AT, "run")
    return Alert(f"a{number}", f"u{number}", "default", start=_AT, visible=True, fields=fields, documented=run)


def _is_chosen(number: int) -> bool:
    return number % 2 == 1 and number % 10 >= 5
