"""What lambdas agree on: their names, what they are called with, and how they fail (templates.md 6)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from engine.model.jsonvalue import JsonValue

TRIMS: Final[Mapping[str, bool]] = MappingProxyType(
    {
        "EvalMath": True,
        "ParseHjson": True,
        "FormatDate": True,
        "FormatNumber": True,
        "EncodeURI": False,
        "EncodeURIComponent": False,
    }
)
"""The names of the lambdas, and whether white space around the text between their tags does not belong to it."""


class LambdaError(Exception):
    """What a lambda was given is of no use to it. The text says why, without the values of variables."""


@dataclass(frozen=True, slots=True)
class LambdaInput:
    """``text`` is what the section rendered to, ``item`` the innermost context (settled).

    ``charge`` takes steps off what the rendering may still do, before they are done; it raises `TemplateError`.
    """

    text: str
    item: JsonValue
    charge: Callable[[int], None]


Lambda = Callable[[LambdaInput], str]
"""Makes the text that stands in the section's place. Raises LambdaError."""
