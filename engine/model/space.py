"""A space: objects in one are not seen from another (rest-api.md 1.1)."""

from dataclasses import dataclass

from engine.model.rule import DEFAULT_SPACE


@dataclass(frozen=True, slots=True)
class Space:
    """A space. Everything but id and name is kept for clients, and has no effect here."""

    id: str
    name: str
    description: str | None = None
    color: str | None = None
    initials: str | None = None
    image_url: str | None = None
    solution: str | None = None
    disabled_features: tuple[str, ...] = ()

    @property
    def is_reserved(self) -> bool:
        """Whether it is the one that is always there."""
        return self.id == DEFAULT_SPACE


DEFAULT = Space(DEFAULT_SPACE, "Default", "This is your default space!")
"""The default space, until somebody renames it."""
