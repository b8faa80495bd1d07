"""The encryption key in tocsin.yml: named by files, or given by the environment, never written there."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, TypeAlias

from pydantic import Field

from engine.model.errors import InvalidInput, Problem
from engine.operations.values import Strict
from engine.vault.keys import check_key

VARIABLE = "TOCSIN_ENCRYPTION_KEY"
_LARGEST_FILE = 64 * 1024

Text: TypeAlias = Annotated[str, Field(min_length=1)]


class EncryptionSection(Strict):
    """The keys that secrets in the store are sealed by: files with a text of at least 32 characters each."""

    key_file: Annotated[
        Text | None, Field(description=f"The present key. null: the one in the environment variable {VARIABLE}.")
    ] = None
    older_key_files: Annotated[
        list[Text], Field(description="Keys that were present before; what they sealed can still be read.")
    ] = Field(default_factory=list)


def read_keys(
    section: EncryptionSection, folder: Path, environ: Mapping[str, str], problems: list[Problem]
) -> tuple[str, ...]:
    """The keys, the present one first; () = there is none. What is wrong with them is added to the problems.

    A key that cannot be had takes its place with it: then there is none, lest things are sealed by an older one.
    """
    named = [("key_file", section.key_file)] if section.key_file is not None else []
    named += [(f"older_key_files.{number}", name) for number, name in enumerate(section.older_key_files)]
    keys = [_from_file(folder / name, f"encryption.{path}", problems) for path, name in named]
    given = environ.get(VARIABLE)
    if given:
        problems += _problems_of("encryption", given, VARIABLE)
        if section.key_file is None:
            keys.insert(0, given)
        elif keys[0] not in (None, given):
            remedy = "leave one of the two out"
            problems.append(Problem("encryption.key_file", f"names another key than {VARIABLE} gives", remedy))
    elif section.key_file is None and keys:
        remedy = f"name the present key, or set {VARIABLE}"
        problems.append(Problem("encryption.key_file", "is missing, where there are older keys", remedy))
        return ()
    return tuple(key for key in keys if key is not None) if keys and keys[0] is not None else ()


def keys_of_environment(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The key where there is no tocsin.yml. Raises InvalidInput for one that is no key."""
    problems: list[Problem] = []
    keys = read_keys(EncryptionSection(), Path(), environ, problems)
    if problems:
        raise InvalidInput(problems)
    return keys


def _from_file(file: Path, path: str, problems: list[Problem]) -> str | None:
    try:
        if file.stat().st_size > _LARGEST_FILE:
            raise ValueError(file)
        text = file.read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as error:
        problems.append(Problem(path, f"{file} cannot be read: {error.strerror}", "check path and permissions"))
        return None
    except ValueError:
        remedy = "write one line of text into it, such as: openssl rand -base64 48"
        problems.append(Problem(path, f"{file} holds no key", remedy))
        return None
    found = list(_problems_of(path, text, str(file)))
    problems += found
    return None if found else text


def _problems_of(path: str, text: str, source: str) -> Iterator[Problem]:
    try:
        check_key(text)
    except InvalidInput as error:
        for problem in error.problems:
            yield Problem(path, f"{source}: {problem.message}", problem.remedy)
