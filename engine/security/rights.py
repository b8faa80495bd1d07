"""What the roles of somebody come to: levels of features by space, and cluster privileges. Pure (rest-api.md 1.8)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from engine.model.role import EVERY_SPACE, Role, SpacePrivileges
from engine.security.features import LEVEL_OF_PRIVILEGE, Level, features_of_rule

SUPERUSER = "superuser"
"""The role that may do everything."""


@dataclass(frozen=True, slots=True)
class Rights:
    """The rights of one user, worked out once for each state of the roles."""

    is_superuser: bool = False
    cluster: frozenset[str] = frozenset()
    entries: tuple[SpacePrivileges, ...] = ()
    _levels: dict[tuple[str, str], Level | None] = field(default_factory=dict, repr=False, compare=False)

    def level(self, space: str, feature: str) -> Level | None:
        """How much of a feature is granted in a space; None: nothing."""
        if self.is_superuser:
            return "all"
        key = (space, feature)
        if key not in self._levels:
            if len(self._levels) >= _MOST_REMEMBERED:
                self._levels.clear()
            self._levels[key] = _highest(
                level for entry in self.entries if _is_for(entry, space) for level in _levels_in(entry, feature)
            )
        return self._levels[key]

    def may(self, space: str, features: Sequence[str], level: Level) -> bool:
        """Whether one of the features is granted at that level or above."""
        return any(self.level(space, feature) in (level, "all") for feature in features)

    def may_rule(self, space: str, rule_type_id: str, producer: str, consumer: str, level: Level) -> bool:
        """Whether rules of a type and consumer may be read, or changed (``all``)."""
        return self.is_superuser or self.may(space, features_of_rule(rule_type_id, producer, consumer), level)

    def may_cluster(self, privileges: Sequence[str]) -> bool:
        """Whether one of the cluster privileges is granted."""
        return self.is_superuser or not self.cluster.isdisjoint(privileges)


_MOST_REMEMBERED = 10_000
NO_RIGHTS = Rights()
EVERY_RIGHT = Rights(is_superuser=True)


def rights_of(roles: Iterable[Role]) -> Rights:
    """The rights that roles come to together."""
    held = tuple(roles)
    return Rights(
        is_superuser=any(role.name == SUPERUSER and role.is_reserved for role in held),
        cluster=frozenset(privilege for role in held for privilege in role.elasticsearch.get("cluster", ())),
        entries=tuple(entry for role in held for entry in role.kibana),
    )


def _is_for(entry: SpacePrivileges, space: str) -> bool:
    return EVERY_SPACE in entry.spaces or space in entry.spaces


def _levels_in(entry: SpacePrivileges, feature: str) -> Iterable[Level]:
    for privilege in (*entry.base, *entry.feature.get(feature, ())):
        level = LEVEL_OF_PRIVILEGE.get(privilege)
        if level is not None:
            yield level


def _highest(levels: Iterable[Level]) -> Level | None:
    found = set(levels)
    return "all" if "all" in found else "read" if found else None
