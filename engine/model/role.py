"""A role as users define it (rest-api.md 7.1)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.model.jsonvalue import JsonObject

EVERY_SPACE = "*"


@dataclass(frozen=True, slots=True)
class SpacePrivileges:
    """What a role grants in some spaces: ``base`` for every feature, or privileges by feature id."""

    spaces: tuple[str, ...] = (EVERY_SPACE,)
    base: tuple[str, ...] = ()
    feature: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Role:
    """A role. ``elasticsearch`` is kept as given, with defaults; of it only ``cluster`` counts here.

    ``is_reserved``: built in; nobody changes it.
    """

    name: str
    kibana: tuple[SpacePrivileges, ...] = ()
    elasticsearch: JsonObject = field(default_factory=dict)
    description: str = ""
    metadata: JsonObject = field(default_factory=dict)
    is_reserved: bool = False
