"""Which candidates are let through: run limits, the connector itself, room in the queue (actions-scheduling.md 10)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

from engine.notify.actions import CompiledAction
from engine.notify.decision import AnyCandidate, DecisionInput
from engine.notify.reasons import Fact, Reason

ActionsCut = Literal["executable", "queue"]

MOST_ACTIONS = 100_000
"""No setting allows more actions than this in one run."""


class Refusal(NamedTuple):
    """A candidate that was not let through, and why."""

    candidate: AnyCandidate
    reason: Reason


@dataclass(frozen=True, slots=True)
class Admission:
    """What was let through, in candidate order, and what was not.

    ``actions_cut``: which sort of limit was met; the queue's outweighs the run's. ``cut_connector_types`` are those
    that a limit of either sort deprived of something.
    """

    accepted: tuple[AnyCandidate, ...]
    refused: tuple[Refusal, ...] = ()
    actions_cut: ActionsCut | None = None
    cut_connector_types: tuple[str, ...] = ()


def connector_type_of(situation: DecisionInput, action: CompiledAction) -> str:
    """The type of the action's connector as it exists; of one that does not, the type that the action names."""
    connector = situation.connectors.get(action.connector_id)
    return action.connector_type_id if connector is None else connector.connector_type_id


def admit(situation: DecisionInput, candidates: Iterable[AnyCandidate]) -> Admission:
    """Walk the candidates in order and stop each one at the first limit that it meets."""
    accepted: list[AnyCandidate] = []
    refused: list[Refusal] = []
    by_type: dict[str, int] = {}
    for candidate in candidates:
        type_id = connector_type_of(situation, candidate.action)
        reason = _run_limit(situation, type_id, len(accepted), by_type.get(type_id, 0))
        reason = reason or _connector_fault(situation, candidate.action)
        if reason is not None:
            refused.append(Refusal(candidate, reason))
        else:
            accepted.append(candidate)
            by_type[type_id] = by_type.get(type_id, 0) + 1
    kept, dropped = _fit_into_queue(situation, accepted)
    return Admission(
        kept,
        (*refused, *dropped),
        _sort_of_cut(refused, dropped),
        _deprived_types(situation, (*refused, *dropped)),
    )


def _run_limit(situation: DecisionInput, type_id: str, accepted: int, accepted_of_type: int) -> Reason | None:
    most = min(situation.max_actions, MOST_ACTIONS)
    if accepted >= most:
        return _limit_reached(("limit", "run"), ("max", most))
    # An override of 0 is none (actions-scheduling.md 10); without one the run's limit, just tested, holds.
    most_of_type = situation.max_actions_by_connector_type.get(type_id, 0)
    if 0 < most_of_type <= accepted_of_type:
        return _limit_reached(("limit", "connectorType"), ("connector_type_id", type_id), ("max", most_of_type))
    return None


def _connector_fault(situation: DecisionInput, action: CompiledAction) -> Reason | None:
    connector = situation.connectors.get(action.connector_id)
    which = ("connector_id", action.connector_id)
    if connector is None:
        return Reason("connectorMissing", (which,))
    if not connector.is_granted:
        return Reason("connectorForbidden", (which, ("owner", situation.rule.api_key_owner or "")))
    if not connector.is_enabled:
        return Reason("connectorDisabled", (which, ("connector_type_id", connector.connector_type_id)))
    if connector.is_missing_secrets:
        return Reason("connectorSecretsMissing", (which,))
    return None


def _fit_into_queue(
    situation: DecisionInput, accepted: Sequence[AnyCandidate]
) -> tuple[tuple[AnyCandidate, ...], tuple[Refusal, ...]]:
    room = max(situation.queue_room, 0)
    if len(accepted) <= room:
        return tuple(accepted), ()
    full = _limit_reached(("limit", "queue"), ("room", room))
    return tuple(accepted[:room]), tuple(Refusal(candidate, full) for candidate in accepted[room:])


def _sort_of_cut(refused: Iterable[Refusal], dropped: Sequence[Refusal]) -> ActionsCut | None:
    if dropped:
        return "queue"
    return "executable" if any(refusal.reason.code == "limitReached" for refusal in refused) else None


def _deprived_types(situation: DecisionInput, refusals: Iterable[Refusal]) -> tuple[str, ...]:
    cut = (each.candidate.action for each in refusals if each.reason.code == "limitReached")
    return tuple(dict.fromkeys(connector_type_of(situation, action) for action in cut))


@lru_cache(maxsize=64)
def _limit_reached(*facts: tuple[str, Fact]) -> Reason:
    return Reason("limitReached", facts)
