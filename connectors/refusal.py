"""Refusing what a connector type's own checks found."""

from engine.model.errors import InvalidInput, Problem


def refuse(*problems: Problem) -> None:
    """Raises InvalidInput if there are problems."""
    if problems:
        raise InvalidInput(problems)
