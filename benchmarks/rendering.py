"""10,000 notifications rendered: the params of an action as rules have them, in the modes of three connectors.

And templates of a megabyte compiled and rendered: of the messages and lambdas above, and of nothing but short tags.
"""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime

from connectors.treatments import treatment_of
from engine.model.alert import Alert
from engine.model.jsonvalue import JsonObject
from engine.ports.connector import EscapeMode
from engine.template.mustache import compile_template
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

MEGABYTE = 1_000_000
_REPEATED = (
    ("messages", _PLAIN + "{{#context.hosts}}\n- {{name}}: {{value}}{{/context.hosts}}\n"),
    ("{{date}} only", "{{date}}"),
    ("sections only", "{{#date}}x{{/date}}"),
    ("lambdas", _LAMBDAS),
)


async def measure() -> dict[str, str]:
    """CPU for all of them, preparing the variables of each alert included; for templates of a megabyte, also as a
    multiple of what one regular expression takes to find their tags."""
    notifications = {
        f"{NOTIFICATIONS:,} notifications, {name}": f"{_seconds(type_id, params):.2f} s CPU"
        for name, type_id, params in _ACTIONS
    }
    return notifications | {f"1 MB, {name}": _one_megabyte(repeated) for name, repeated in _REPEATED}


def _one_megabyte(repeated: str) -> str:
    text = repeated * (MEGABYTE // len(repeated))
    compiled = compile_template(text)
    variables = prepare_variables({"date": _AT, "context": _context(1)})
    finding = _least(lambda: re.findall(r"(?s)\{\{.*?\}\}", text))
    compiling = _least(lambda: compile_template(text))
    rendering = _least(lambda: compiled.render(variables, EscapeMode.MARKDOWN))
    return (
        f"compiled {compiling:.3f} s, {compiling / finding:.1f} x finding its tags; "
        f"rendered {rendering:.3f} s, {rendering / finding:.1f} x"
    )


def _least(work: Callable[[], object]) -> float:
    """The least CPU seconds of a few times: the others were disturbed."""
    times = []
    for _ in range(5):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return min(times)


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
