"""Applying rule files: the plan, the question, and what was done."""

from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path

import click
import orjson

from engine.model.jsonvalue import JsonObject, JsonValue
from tocsin.applying import PlannedRule, apply_rule, changes_of, plan_rules
from tocsin.cli.options import OutputFormat
from tocsin.cli.question import REFUSED, is_agreed, would_ask
from tocsin.cli.tables import print_json
from tocsin.cli.text import printable
from tocsin.client.api import Api
from tocsin.client.place import Place, StorePlace
from tocsin.files.rules import RuleDefinition, load_rules
from tocsin.session import empty_places, load_session, refuse

_IN_WORDS = {
    "created": "create",
    "updated": "update",
    "enabled": "enable",
    "disabled": "disable",
    "unchanged": "unchanged",
}
_LONGEST_VALUE, _SHOWN_BEFORE = 60, 15
_UNTOUCHED = "nothing was changed"


def read_files(place: Place, paths: Sequence[Path]) -> list[RuleDefinition]:
    """The rules of files. Problems end the command: all that can be told offline, by the settings of a store."""
    if isinstance(place, StorePlace):
        session = load_session(place.config_file, paths, needs_secrets=False)
        refuse(session.problems, _UNTOUCHED)
        return session.rules
    loaded = load_rules(paths)
    refuse([*loaded.problems, *empty_places(paths, loaded)], _UNTOUCHED)
    return loaded.rules


async def apply_files(
    api: Api, rules: Sequence[RuleDefinition], *, is_dry: bool, is_yes: bool, output: OutputFormat
) -> int:
    """Plan, ask and apply; the exit code."""
    plan, problems = await plan_rules(api, rules)
    refuse(problems, _UNTOUCHED)
    if is_dry or not changes_of(plan):
        _print_plan(plan, output)
        return 0
    _show_before_asking(plan, output, is_yes=is_yes)
    if not is_agreed("Apply this?", is_yes=is_yes):
        click.echo(f"tocsin: {_UNTOUCHED}", err=True)
        return REFUSED
    await _apply(api, plan, output)
    return 0


async def _apply(api: Api, plan: Sequence[PlannedRule], output: OutputFormat) -> None:
    """Apply the rules and say what was done, also when a later one fails."""
    changes, done = changes_of(plan), set()
    try:
        for rule in changes:
            await apply_rule(api, rule.definition, in_bulk=len(changes) > 1)
            done.add(rule.definition.id)
    finally:
        if output is OutputFormat.JSON:
            print_json({"rules": [_as_json(rule, done) for rule in plan]})
        else:
            click.echo(f"{len(done)} of {_rules(len(changes))} applied")


def _print_plan(plan: Sequence[PlannedRule], output: OutputFormat) -> None:
    if output is OutputFormat.JSON:
        print_json({"rules": [_as_json(rule, ()) for rule in plan]})
    else:
        _show_plan(plan)


def _show_before_asking(plan: Sequence[PlannedRule], output: OutputFormat, *, is_yes: bool) -> None:
    """The plan for people; a program that gets JSON sees it there, somebody who is asked must see it first."""
    if output is OutputFormat.TABLE:
        _show_plan(plan)
    elif would_ask(is_yes=is_yes):
        _show_plan(plan, is_error=True)


def _show_plan(plan: Sequence[PlannedRule], *, is_error: bool = False) -> None:
    for rule in plan:
        for line in _lines(rule):
            click.echo(printable(line), err=is_error)
    counts = Counter(_IN_WORDS[rule.outcome] for rule in plan)
    told = [
        f"{counts[word]} {'' if word == 'unchanged' else 'to '}{word}" for word in _IN_WORDS.values() if counts[word]
    ]
    click.echo(f"{_rules(len(plan))}: {', '.join(told)}", err=is_error)


def _lines(rule: PlannedRule) -> list[str]:
    where = f"{rule.definition.file}:{rule.definition.line}"
    lines = [f"{_IN_WORDS[rule.outcome]:<10} {rule.name} [{rule.definition.id}]  {where}"]
    lines += [f"    {_change(change)}" for change in rule.changes]
    if rule.is_left_disabled:
        lines.append("    stays disabled: its file does not say enabled: true")
    if rule.is_change and rule.is_of_daemon:
        lines.append("    comes from a rule file of the daemon, which puts it back when it reads that again")
    return lines


def _change(change: JsonObject) -> str:
    before, after = _text(change["before"]), _text(change["after"])
    differing = (at for at, (old, new) in enumerate(zip(before, after, strict=False)) if old != new)
    start = max(0, next(differing, min(len(before), len(after))) - _SHOWN_BEFORE)
    return f"{change['path']}: {_excerpt(before, start)} -> {_excerpt(after, start)}"


def _text(value: JsonValue) -> str:
    if value is None:
        return "(none)"
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _excerpt(text: str, start: int) -> str:
    """The text, or of a long one the part in which it differs."""
    if len(text) <= _LONGEST_VALUE:
        return text
    end = start + _LONGEST_VALUE
    return ("…" if start else "") + text[start:end] + ("…" if end < len(text) else "")


def _as_json(rule: PlannedRule, done: Collection[str]) -> JsonObject:
    return {
        "id": rule.definition.id,
        "name": rule.name,
        "file": str(rule.definition.file),
        "outcome": rule.outcome,
        "changes": list(rule.changes),
        "applied": rule.definition.id in done,
    }


def _rules(count: int) -> str:
    return "1 rule" if count == 1 else f"{count} rules"
