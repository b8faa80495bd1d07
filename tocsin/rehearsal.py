"""What a rule's actions would say: their templates rendered with what a store and a file know, and nothing sent."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from engine.model.alert import Alert
from engine.model.errors import InvalidInput, Problem
from engine.model.instant import iso, parse_iso
from engine.model.jsonvalue import JsonObject
from engine.model.rule import Rule
from engine.model.settings import EngineSettings
from engine.notify.actions import CompiledAction, compile_actions
from engine.notify.injection import injection_of
from engine.ports.connector import DEFAULT_TREATMENT, TemplateTreatment
from engine.ports.registry import Registry
from engine.ports.rule_type import page_path
from engine.ports.store import RuleKey, Store
from engine.service.clocks import SystemClock
from engine.template.lambdas.contract import TRIMS as LAMBDAS
from engine.template.objects import MISSING
from engine.template.renderer import resolve
from engine.template.summary_variables import SummarizedAlerts, summary_variables
from engine.template.values import Variables, prepare_variables
from engine.template.variables import RuleVariables, alert_variables, rule_variables
from tocsin.cli.options import store_url
from tocsin.cli.text import some
from tocsin.composition import builtin_registry
from tocsin.files.documents import MAX_BYTES
from tocsin.session import read_config
from tocsin.stored import existing_store, find_rule

_MOST_DOCUMENTS = 10_000


@dataclass(frozen=True, slots=True)
class RenderedAction:
    """An action's rendered ``params``. ``number`` counts the rule's actions from 1.

    ``errors`` are those of templates; ``empty_names`` are names in them that no variable has where nothing is around
    them, so that they render empty unless a section brings them.
    """

    number: int
    connector_id: str
    connector_type_id: str
    group: str
    params: JsonObject
    errors: tuple[str, ...]
    empty_names: tuple[str, ...]

    def as_json(self) -> JsonObject:
        """The action for programs."""
        return asdict(self)


class _Remembered(NamedTuple):
    """An alert and its whole document, flat."""

    alert: Alert
    document: JsonObject


async def rehearse(
    config_file: Path | None,
    store: str | None,
    *,
    rule: str,
    alert: str | None,
    variables: Path | None,
    action: int | None,
) -> list[RenderedAction]:
    """Render the actions of a rule, or the one of that number. Raises InvalidInput, StoreUnavailable."""
    given = {} if variables is None else _read_variables(variables)
    config = read_config(config_file)
    opened = existing_store(config.store if store is None else store_url(store))
    await opened.open()
    try:
        found = (await find_rule(opened, rule)).rule
        alerts = await _alerts_of(opened, found)
    finally:
        await opened.close()
    if alert is not None and alert not in alerts:
        message = f"the store remembers no alert {alert!r} of rule [{found.id}]"
        raise InvalidInput([Problem("--alert", message, f"its alerts: {some(alerts) or 'none'}")])
    _check_number(found, action)
    rehearsal = _Rehearsal(found, builtin_registry(), config.engine, alerts, alert, given)
    return [each for each in rehearsal.render() if action in (None, each.number)]


async def _alerts_of(store: Store, rule: Rule) -> dict[str, _Remembered]:
    """The newest span of each alert that the store has a document of, by alert id."""
    versioned = await store.load_state(RuleKey(rule.space, rule.id))
    tracked = {} if versioned is None else versioned.state.active
    documents = await store.documents(rule.space, rule_id=rule.id, limit=_MOST_DOCUMENTS)
    alerts: dict[str, _Remembered] = {}
    for document in documents:
        alert_id: str = document["kibana.alert.instance.id"]
        alert = tracked.get(alert_id)
        if alert is None or alert.uuid != document["kibana.alert.uuid"]:
            alert = _alert_of(document)
        alerts[alert_id] = _Remembered(alert, document)
    return alerts


def _alert_of(document: JsonObject) -> Alert:
    """An alert as far as its document tells; the rule type's own state of it is not in there."""
    end = document.get("kibana.alert.end")
    return Alert(
        id=document["kibana.alert.instance.id"],
        uuid=document["kibana.alert.uuid"],
        group=document.get("kibana.alert.action_group"),
        start=parse_iso(document["kibana.alert.start"]),
        end=None if end is None else parse_iso(end),
        duration_ns=document.get("kibana.alert.duration.us", 0) * 1000,
        flapping=document.get("kibana.alert.flapping", False),
        active_count=document.get("kibana.alert.consecutive_matches", 0),
    )


def _check_number(rule: Rule, action: int | None) -> None:
    if action is not None and action > len(rule.actions):
        message = f"rule [{rule.id}] has {len(rule.actions)} actions"
        raise InvalidInput([Problem("--action", message, "name one of them by its number, counted from 1")])


def _read_variables(file: Path) -> JsonObject:
    try:
        with file.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        message = f"[{file}] cannot be read: {error.strerror or error}"
        raise InvalidInput([Problem("--context", message, "check path and permissions")]) from None
    try:
        variables = json.loads(content) if len(content) <= MAX_BYTES else None
    except (ValueError, RecursionError):
        variables = None
    if not isinstance(variables, dict):
        remedy = 'write one of at most 5 MB, like {"context": {"value": 1}}'
        raise InvalidInput([Problem("--context", f"[{file}] holds no JSON object", remedy)])
    return variables


class _Rehearsal:
    """``alerts`` by id are those that summaries tell of, ``alert`` is the one of other actions, if one is named."""

    def __init__(
        self,
        rule: Rule,
        registry: Registry,
        settings: EngineSettings,
        alerts: Mapping[str, _Remembered],
        alert: str | None,
        given: JsonObject,
    ) -> None:
        rule_type = registry.rule_type(rule.rule_type_id)
        if rule_type is None:
            message = f"rule type [{rule.rule_type_id}] is not registered"
            raise InvalidInput([Problem("RULE", message, "install the package that provides it")])
        self._rule, self._rule_type = rule, rule_type
        self._registry, self._settings = registry, settings
        self._alerts, self._given = alerts, given
        self._alert = None if alert is None else alerts[alert]

    def render(self) -> list[RenderedAction]:
        """All actions of the rule."""
        page = page_path(self._rule_type, self._rule.id, self._rule.params, None)
        of_rule = rule_variables(self._rule, public_base_url=self._settings.public_base_url, relative_path=page)
        actions = compile_actions(
            self._rule,
            self._rule_type,
            self._treatment_of,
            lambda type_id: injection_of(self._treatment_of(type_id).rule_link),
        )
        return [self._render(number, action, of_rule) for number, action in enumerate(actions, start=1)]

    def _treatment_of(self, connector_type_id: str) -> TemplateTreatment:
        connector_type = self._registry.connector_type(connector_type_id)
        return connector_type.template_treatment if connector_type else DEFAULT_TREATMENT

    def _render(self, number: int, action: CompiledAction, of_rule: RuleVariables) -> RenderedAction:
        variables = self._variables_of(action, of_rule)
        rendered = action.params.render(variables, max_chars=self._settings.max_rendered_chars)
        params = rendered.params if action.inject is None else action.inject(rendered.params, of_rule)
        return RenderedAction(
            number=number,
            connector_id=action.connector_id,
            connector_type_id=action.connector_type_id,
            group="summary" if action.is_summary else action.group,
            params=params,
            errors=tuple(rendered.errors),
            empty_names=tuple(sorted(name for name in action.params.names() if _is_unknown(name, variables))),
        )

    def _variables_of(self, action: CompiledAction, of_rule: RuleVariables) -> Variables:
        at = SystemClock().now()
        if action.is_summary:
            known = self._summary_of(of_rule, at)
        elif self._alert is not None:
            known = alert_variables(
                of_rule,
                alert=self._alert.alert,
                group_id=action.group,
                group_name=action.group_name,
                at=at,
                document=self._alert.document if action.uses_alert_data else None,
            )
        else:
            group: JsonObject = {"actionGroup": action.group, "actionGroupName": action.group_name}
            known = {**of_rule.fixed, "date": iso(at), "alert": group}
        return prepare_variables(_laid_over(known, self._given))

    def _summary_of(self, of_rule: RuleVariables, at: datetime) -> JsonObject:
        """All alerts that are active, as ongoing ones, and those that have ended."""
        active = [found.document for found in self._alerts.values() if found.alert.end is None]
        ended = [found.document for found in self._alerts.values() if found.alert.end is not None]
        return summary_variables(
            of_rule,
            new=SummarizedAlerts(),
            ongoing=SummarizedAlerts(len(active), active),
            recovered=SummarizedAlerts(len(ended), ended),
            at=at,
        )


def _is_unknown(name: str, variables: Variables) -> bool:
    return name != "." and name not in LAMBDAS and resolve([variables], tuple(name.split("."))) is MISSING


def _laid_over(below: JsonObject, above: JsonObject) -> JsonObject:
    """Both together; members of ``above`` win, those that are objects on both sides are laid over each other."""
    merged = dict(below)
    for name, value in above.items():
        under = merged.get(name)
        both = isinstance(value, dict) and isinstance(under, dict)
        merged[name] = {**under, **value} if both and under is not None else value
    return merged
