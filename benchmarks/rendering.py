"""10,000 notifications rendered: the params of an action as rules have them, in the modes of three connectors."""

import time
from datetime import UTC, datetime

from connectors.treatments import treatment_of
from engine.model.alert import Alert
from engine.model.jsonvalue import JsonObject
from engine.template.params import compile_params
from engine.template.values import prepare_variables
from engine.template.variables import RuleVariables, alert_variables

NOTIFICATIONS = 10_000
_AT = datetime(2026, 1, 15, 10, tzinfo=UTC)
_PLAIN = "{{rule.name}}: {{alert.id}} is {{alert.actionGroupName}}, {{context.value}} in {{context.window}} ({{date}})"
_LAMBDAS = (
    "{{#context}}{{#EvalMath}}round(value / 1024, 1){{/EvalMath}}{{/context}} "
    "{{#FormatDate}}{{{date}}};Europe/Vienna;HH:mm{{/FormatDate}} "
    "{{#FormatNumber}}{{context.value}};de-DE;{{/FormatNumber}}"
)
_ACTIONS: tuple[tuple[str, str, JsonObject], ...] = (
    ("log", ".server-log", {"level": "warn", "message": _PLAIN}),
    (
        "webhook",
        ".webhook",
        {"body": '{"text": "' + _PLAIN + '", "tags": {{{rule.tags.asJSON}}}, "all": {{{context}}}}'},
    ),
    ("slack", ".slack", {"message": _PLAIN + "{{#context.hosts}}\n- {{name}}: {{value}}{{/context.hosts}}"}),
    ("three lambdas", ".server-log", {"message": _LAMBDAS}),
)


async def measure() -> dict[str, str]:
    """CPU for all of them, preparing the variables of each alert included."""
    return {
        f"{NOTIFICATIONS:,} notifications, {name}": f"{_seconds(type_id, params):.2f} s CPU"
        for name, type_id, params in _ACTIONS
    }


def _seconds(type_id: str, params: JsonObject) -> float:
    compiled = compile_params(params, treatment_of(type_id))
    rule = RuleVariables(
        {"rule": {"id": "r", "name": "Slow hosts", "tags": ["web", "prod"]}, "params": {}, "spaceId": "default"}
    )
    began = time.process_time()
    for number in range(NOTIFICATIONS):
        alert = Alert(f"web_{number}", f"uuid-{number}", start=_AT, active_count=3, context=_context(number))
        variables = alert_variables(rule, alert=alert, group_id="hot", group_name="Hot", at=_AT)
        rendered = compiled.render(prepare_variables(variables))
        assert not rendered.errors
    return time.process_time() - began


def _context(number: int) -> JsonObject:
    hosts = [{"name": f"host {host}", "value": host * 1.5} for host in range(5)]
    return {"value": number * 100, "window": "5m", "hosts": hosts, "event.kind": "metric"}
