"""One-shot runs in a store that is a daemon's: what they may take from it, and what they leave alone."""

from collections.abc import Sequence
from dataclasses import dataclass

import click

from engine.model.errors import InvalidInput, Problem
from engine.model.rule import DEFAULT_SPACE, Rule
from engine.ports.store import RuleKey
from tocsin.cli.text import printable
from tocsin.composition import Parts
from tocsin.session import Session
from tocsin.stored import find_rule


@dataclass(frozen=True, slots=True)
class Guest:
    """Whoever runs rules in somebody else's store: rules of ``names`` (ids or names), and rules of files.

    A rule of a file that is in the store already and says the same is left as it is; none is enabled or disabled.
    ``actor`` is who stores what is new.
    """

    names: Sequence[str]
    actor: str

    async def rules(self, parts: Parts, session: Session) -> list[Rule]:
        """The rules to run, each once. Raises InvalidInput, before any change, for one that is unknown or disabled."""
        keys = [RuleKey(DEFAULT_SPACE, definition.id) for definition in session.rules]
        known = [*(await parts.store.load_rules(keys)).values(), *[await find_rule(parts.store, n) for n in self.names]]
        for stored in known:
            _refuse_disabled(stored.rule)
        found = {stored.rule.id: stored.rule for stored in known}
        for definition in session.rules:
            applied = await parts.rules.apply(
                definition.body, rule_id=definition.id, at=parts.clock.now(), actor=self.actor, keeps_switch=True
            )
            if applied.outcome != "unchanged":
                told = f"rule [{definition.id}] was {applied.outcome} in the store: its daemon runs it so from now on"
                click.echo(printable(f"tocsin: {told}"), err=True)
            found[definition.id] = applied.rule
        return list(found.values())


def _refuse_disabled(rule: Rule) -> None:
    """One that is disabled would run into an error, which the store would keep as its status."""
    if not rule.enabled:
        remedy = f"enable it: tocsin rules enable {rule.id}"
        raise InvalidInput([Problem("RULE", f"rule [{rule.id}] is disabled in this store", remedy)])
