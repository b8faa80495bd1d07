"""What to call an action where people read: its uuid means something to them only if they chose it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple
from uuid import UUID


class NamedAction(NamedTuple):
    """What an action's name is made of."""

    uuid: str
    connector_id: str
    group: str


def name_actions(actions: Iterable[NamedAction]) -> Mapping[str, str]:
    """Action uuid -> name: the uuid if somebody chose it, else connector and group, numbered if several share them."""
    plain = {action.uuid: _plain_name(action) for action in actions}
    shared = Counter(plain.values())
    seen: Counter[str] = Counter()
    names = {}
    for uuid, name in plain.items():
        seen[name] += 1
        names[uuid] = name if shared[name] == 1 else f"{name} #{seen[name]}"
    return names


def _plain_name(action: NamedAction) -> str:
    return f"{action.connector_id} ({action.group})" if _is_made_up(action.uuid) else action.uuid


def _is_made_up(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False
