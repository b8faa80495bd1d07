"""Rule files applied to a store: what would change, all of it judged before anything is changed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from engine.model.errors import InvalidInput
from engine.operations.planning import Planned
from tocsin.desk import Desk
from tocsin.files.problems import FileProblem, one_per_place
from tocsin.files.rules import RuleDefinition
from tocsin.origins import BY_FILES


@dataclass(frozen=True, slots=True)
class PlannedRule:
    """A rule of a file, and what applying it would do."""

    definition: RuleDefinition
    planned: Planned

    @property
    def is_change(self) -> bool:
        return self.planned.outcome != "unchanged"

    @property
    def name(self) -> str:
        name: str = self.definition.body["name"]
        return name

    @property
    def is_left_disabled(self) -> bool:
        """Whether the rule is disabled, and its file does not say that it should not be."""
        before = self.planned.before
        return before is not None and not before.rule.enabled and "enabled" not in self.definition.body

    @property
    def is_of_daemon(self) -> bool:
        """Whether a daemon brought the rule in from a rule file of its own, which it will go by again."""
        before = self.planned.before
        return before is not None and before.rule.created_by == BY_FILES


async def plan_rules(desk: Desk, definitions: Sequence[RuleDefinition]) -> tuple[list[PlannedRule], list[FileProblem]]:
    """What applying each would do, and what is wrong with those that would be refused."""
    plan, problems = [], []
    for definition in definitions:
        try:
            planned = await desk.rules.plan(
                definition.body, rule_id=definition.id, at=desk.at, keeps_switch=_keeps_switch(definition)
            )
        except InvalidInput as error:
            problems += one_per_place(definition.problem(problem) for problem in error.problems)
        else:
            plan.append(PlannedRule(definition, planned))
    return plan, problems


async def apply_rule(desk: Desk, rule: PlannedRule, *, in_bulk: bool) -> None:
    """Do what was planned, as the rule is now. ``in_bulk``: first runs are spread instead of starting together."""
    await desk.rules.apply(
        rule.definition.body,
        rule_id=rule.definition.id,
        at=desk.at,
        actor=desk.actor,
        in_bulk=in_bulk,
        keeps_switch=_keeps_switch(rule.definition),
    )


def changes_of(plan: Iterable[PlannedRule]) -> list[PlannedRule]:
    """The rules of a plan that are to be changed."""
    return [rule for rule in plan if rule.is_change]


def _keeps_switch(definition: RuleDefinition) -> bool:
    """A file that says nothing to it leaves a rule disabled that somebody disabled."""
    return "enabled" not in definition.body
