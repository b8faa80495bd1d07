"""Rules as rule files, which `tocsin apply` and `tocsin serve` read back to the same rules."""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

from engine.model.errors import InvalidInput, Problem, StoreUnavailable
from engine.model.jsonvalue import JsonObject
from tocsin.client.api import Api
from tocsin.client.rules import find_rules
from tocsin.files.yaml_output import yaml_of

_EXPORT = "/api/tocsin/v1/rules/_export"
_AT_ONCE = 1000
_LONGEST_NAME = 150


async def exported_rules(api: Api, texts: Sequence[str]) -> list[JsonObject]:
    """The definitions of these rules (ids or names), by default of all, in order of their names."""
    if not texts:
        return list((await api.ask("POST", _EXPORT))["rules"])
    ids = [rule["id"] for rule in await find_rules(api, texts)]
    found: dict[str, JsonObject] = {}
    for start in range(0, len(ids), _AT_ONCE):
        answer = await api.ask("POST", _EXPORT, body={"ids": ids[start : start + _AT_ONCE]})
        found |= {rule["id"]: rule for rule in answer["rules"]}
    return [found[rule_id] for rule_id in ids if rule_id in found]


def write_rule_files(definitions: Sequence[JsonObject], folder: Path, *, replaces: bool) -> list[Path]:
    """Write each rule into a file of its own; the files, in the same order.

    Raises InvalidInput, before anything is written, if a file is there already and ``replaces`` is False;
    StoreUnavailable if one cannot be written.
    """
    files = [folder / file_name(definition["id"]) for definition in definitions]
    there = [file for file in files if file.exists()]
    if there and not replaces:
        more = f", and {len(there) - 1} more" if len(there) > 1 else ""
        remedy = "give --force to replace files, or another folder"
        raise InvalidInput([Problem("--output-dir", f"{there[0]} exists already{more}", remedy)])
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for definition, file in zip(definitions, files, strict=True):
            file.write_text(yaml_of(definition), encoding="utf-8")
    except OSError as error:
        raise StoreUnavailable(f"cannot write to {error.filename or folder}: {error.strerror}") from error
    return files


def file_name(rule_id: str) -> str:
    """The name of a rule's file: its id, with what is not safe in names percent-encoded."""
    name = quote(rule_id, safe=" ")
    if name.startswith("."):
        # Hidden files are not read.
        name = f"%2E{name[1:]}"
    if len(name) > _LONGEST_NAME:
        name = f"{name[:_LONGEST_NAME]}-{sha256(rule_id.encode()).hexdigest()[:16]}"
    return f"{name}.yml"
