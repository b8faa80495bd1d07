"""What is wrong with the body of a rule that is to be created: everything at once, and nothing is stored."""

from engine.model.errors import Problem
from engine.model.jsonvalue import JsonObject, JsonValue
from engine.model.settings import EngineSettings
from engine.operations.actions import ActionScope
from engine.operations.checks import definition_problems
from engine.operations.shape import check_shape
from engine.ports.connectors import ConnectorDirectory
from engine.ports.registry import Registry
from engine.ports.store import Store
from engine.query.options import options_of


async def find_problems(
    body: JsonValue,
    *,
    space: str,
    store: Store,
    registry: Registry,
    connectors: ConnectorDirectory,
    settings: EngineSettings,
) -> list[Problem]:
    """All problems of a create body; taken ids, rights and the capacity are not looked at.

    Raises InvalidInput for a body that is nested too deeply, StoreUnavailable.
    """
    check_shape(body)
    scope = ActionScope(await connectors.in_space(space), registry, options_of(settings.query))
    return definition_problems(body, scope, settings, (await store.space_settings(space)).flapping)


def problem_to_json(problem: Problem) -> JsonObject:
    """A problem: where, what, and the remedy."""
    return {"path": problem.path, "message": problem.message, "remedy": problem.remedy}
