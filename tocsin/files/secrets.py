"""Secrets in tocsin.yml: never written there, only referred to as ``${env:NAME}`` or ``${file:PATH}``."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from engine.model.errors import Problem
from engine.model.jsonvalue import JsonObject, JsonValue

_REFERENCE = re.compile(r"\$\{(env|file):([^}]+)\}")
_LARGEST_FILE = 1024 * 1024
_HOW = "write ${env:NAME} or ${file:PATH}"


@dataclass(slots=True)
class SecretReader:
    """Puts what references stand for in their place. ``folder``: where relative paths count from."""

    environ: Mapping[str, str]
    folder: Path
    problems: list[Problem] = field(default_factory=list)

    def resolve(self, secrets: JsonObject, path: str, *, allows_plain: bool = False) -> JsonObject:
        """The secrets with their values. What is missing becomes a problem under the dotted path.

        So does what is literal, unless ``allows_plain``.
        """
        resolved: JsonObject = self._value(secrets, path, allows_plain)
        return resolved

    def _value(self, value: JsonValue, path: str, allows_plain: bool) -> JsonValue:
        if isinstance(value, dict):
            return {name: self._value(member, f"{path}.{name}", allows_plain) for name, member in value.items()}
        if value is None or (allows_plain and not isinstance(value, str)):
            return value
        if not isinstance(value, str) or (_REFERENCE.search(value) is None and not allows_plain):
            self.problems.append(Problem(path, "holds a secret in plain text", _HOW))
            return ""
        return _REFERENCE.sub(lambda reference: self._target(reference[1], reference[2], path), value)

    def _target(self, kind: str, name: str, path: str) -> str:
        if kind == "env":
            if name not in self.environ:
                message = f"environment variable {name} is not set"
                self.problems.append(Problem(path, message, "set it before you start tocsin"))
            return self.environ.get(name, "")
        file = self.folder / name
        try:
            if file.stat().st_size > _LARGEST_FILE:
                raise ValueError("larger than 1 MB")
            return file.read_text(encoding="utf-8").removesuffix("\n").removesuffix("\r")
        except (OSError, ValueError) as error:
            cause = error.strerror if isinstance(error, OSError) else error
            self.problems.append(
                Problem(path, f"secret file {file} cannot be read: {cause}", "check path and permissions")
            )
            return ""


def misplaced_references(value: JsonValue, is_secret: Callable[[tuple[str, ...]], bool]) -> Iterator[Problem]:
    """References to secrets outside of ``secrets``, where nothing would replace them."""
    pending: list[tuple[tuple[str, ...], JsonValue]] = [((), value)]
    while pending:
        path, item = pending.pop()
        if is_secret(path):
            continue
        if isinstance(item, dict):
            pending += [((*path, name), member) for name, member in reversed(item.items())]
        elif isinstance(item, list):
            pending += [((*path, str(at)), member) for at, member in reversed(list(enumerate(item)))]
        elif isinstance(item, str) and _REFERENCE.search(item):
            yield Problem(
                ".".join(path), "refers to a secret, which stands only under secrets", "write the value itself"
            )
