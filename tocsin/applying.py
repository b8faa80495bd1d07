"""Rule files applied: what would change, all of it judged before anything is changed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from engine.model.errors import Problem
from engine.model.jsonvalue import JsonObject
from tocsin.client.api import Api, path_of
from tocsin.files.problems import FileProblem, one_per_place
from tocsin.files.rules import RuleDefinition
from tocsin.origins import BY_FILES

_RULE = "/api/tocsin/v1/rule/{id}"


@dataclass(frozen=True, slots=True)
class PlannedRule:
    """A rule of a file, and what applying it would do; ``before``: the rule as it is, None if there is none."""

    definition: RuleDefinition
    outcome: str
    changes: Sequence[JsonObject]
    before: JsonObject | None

    @property
    def is_change(self) -> bool:
        return self.outcome != "unchanged"

    @property
    def name(self) -> str:
        name: str = self.definition.body["name"]
        return name

    @property
    def is_left_disabled(self) -> bool:
        """Whether the rule is disabled, and its file does not say that it should not be."""
        return self.before is not None and not self.before["enabled"] and "enabled" not in self.definition.body

    @property
    def is_of_daemon(self) -> bool:
        """Whether a daemon brought the rule in from a rule file of its own, which it will go by again."""
        return self.before is not None and self.before["created_by"] == BY_FILES


async def plan_rules(api: Api, definitions: Sequence[RuleDefinition]) -> tuple[list[PlannedRule], list[FileProblem]]:
    """What applying each would do, and what is wrong with those that would be refused."""
    plan, problems = [], []
    for definition in definitions:
        planned = await api.ask("POST", path_of(f"{_RULE}/_plan", id=definition.id), body=definition.body)
        if planned["problems"]:
            found = (definition.problem(Problem(**problem)) for problem in planned["problems"])
            problems += one_per_place(found)
        else:
            plan.append(PlannedRule(definition, planned["outcome"], planned["changes"], planned["before"]))
    return plan, problems


async def apply_rule(api: Api, definition: RuleDefinition, *, in_bulk: bool) -> None:
    """Do what was planned, as the rule is now. ``in_bulk``: first runs are spread instead of starting together."""
    path = path_of(f"{_RULE}/_apply", id=definition.id)
    await api.ask("POST", path, query={"in_bulk": in_bulk}, body=definition.body)


def changes_of(plan: Iterable[PlannedRule]) -> list[PlannedRule]:
    """The rules of a plan that are to be changed."""
    return [rule for rule in plan if rule.is_change]
