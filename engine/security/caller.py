"""Who asks for something, and with what rights; and what a route may need before it looks at anything."""

from dataclasses import dataclass
from typing import Literal

from engine.model.errors import Forbidden
from engine.security.rights import EVERY_RIGHT, NO_RIGHTS, Rights


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever asks. ``name``: the user, None without security. ``api_key_id``, ``api_key_name``: of the key that
    stood for the password.

    ``roles`` are the user's, by name. ``is_operator``: somebody who works on the store itself; what he makes has no
    owner, and runs with the rights of the operator.
    """

    name: str | None
    rights: Rights = NO_RIGHTS
    roles: tuple[str, ...] = ()
    api_key_id: str | None = None
    api_key_name: str | None = None
    is_operator: bool = False

    @property
    def by_api_key(self) -> bool:
        return self.api_key_id is not None


ANYBODY = Caller(None, EVERY_RIGHT)
"""Every caller while security is off, and the operator (command line, rule files, library): may do everything."""
NOBODY = Caller(None)
"""A request without credentials, on a route that takes it: may do nothing that needs a right."""


@dataclass(frozen=True, slots=True)
class Need:
    """A right that a caller needs in the space before anything is looked up: a level of a feature (rest-api.md 7.1).

    ``execute`` belongs to ``read`` (connector-framework.md 11.2).
    """

    feature: str
    level: Literal["read", "all", "execute"] = "all"

    def check(self, caller: Caller, space: str) -> None:
        """Raises Forbidden."""
        level = "read" if self.level == "execute" else self.level
        if not caller.rights.may(space, [self.feature], level):
            raise Forbidden(
                f"not allowed in space [{space}]: this needs a role with [{level}] of the feature [{self.feature}]"
            )


@dataclass(frozen=True, slots=True)
class ClusterNeed:
    """A right that holds whatever the space: one of these cluster privileges."""

    privileges: tuple[str, ...]

    def check(self, caller: Caller, space: str) -> None:
        """Raises Forbidden."""
        if not caller.rights.may_cluster(self.privileges):
            names = " or ".join(f"[{privilege}]" for privilege in self.privileges)
            raise Forbidden(f"not allowed: this needs a role with the cluster privilege {names}")
