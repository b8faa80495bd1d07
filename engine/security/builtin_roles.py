"""The roles that are always there, and that nobody changes (rest-api.md 7.1)."""

from collections.abc import Mapping
from typing import Final

from engine.model.role import Role, SpacePrivileges
from engine.security.rights import SUPERUSER

_EVERY_INDEX = {"names": ["*"], "privileges": ["all"], "allow_restricted_indices": True}


def _role(name: str, description: str, base: str, elasticsearch: Mapping[str, object]) -> Role:
    return Role(
        name=name,
        kibana=(SpacePrivileges(base=(base,)),),
        elasticsearch={"cluster": [], "indices": [], "run_as": [], **elasticsearch},
        description=description,
        metadata={"_reserved": True},
        is_reserved=True,
    )


BUILT_IN: Final[Mapping[str, Role]] = {
    role.name: role
    for role in (
        _role("editor", "May change rules, connectors, windows and data views in every space.", "all", {}),
        _role("kibana_admin", "The same as editor, under the name that Elasticsearch has for it.", "all", {}),
        _role(
            SUPERUSER,
            "May do everything, users and roles included.",
            "all",
            {"cluster": ["all"], "indices": [_EVERY_INDEX], "run_as": ["*"]},
        ),
        _role("viewer", "May look at everything in every space.", "read", {}),
    )
}
"""Built-in roles by name."""
