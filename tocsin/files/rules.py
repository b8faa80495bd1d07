"""Rule files: which there are, and the definitions in them with their places (DECISIONS 1, 2)."""

import uuid
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from engine.model.errors import Problem
from engine.model.jsonvalue import JsonObject
from engine.operations.presentation import body_of_response
from tocsin.files.documents import Document, read_document
from tocsin.files.nodes import Node
from tocsin.files.problems import FileProblem

SUFFIXES = frozenset({".yml", ".yaml", ".json"})
RULE_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "tocsin:rule")
"""Ids of rules without one are UUIDv5 of their names in this namespace."""


@dataclass(frozen=True, slots=True)
class RuleDefinition:
    """One rule of a file: ``body`` is its create body, not yet checked; ``path`` where it is in its document."""

    id: str
    body: JsonObject
    document: Document
    path: str = ""

    @property
    def file(self) -> Path:
        return self.document.source.file

    @property
    def line(self) -> int:
        return self.problem(Problem("", "")).line

    def problem(self, problem: Problem) -> FileProblem:
        """A problem of the body with its place in the file; its path stays relative to the rule."""
        whole = problem.under(self.path) if self.path else problem
        return self.document.source.problem(self.document.offset_of(whole.path), problem)


@dataclass(frozen=True, slots=True)
class LoadedRules:
    """The rules of all files, and everything that kept others from being read."""

    rules: list[RuleDefinition] = field(default_factory=list)
    problems: list[FileProblem] = field(default_factory=list)


def load_rules(paths: Sequence[Path]) -> LoadedRules:
    """The rules in files and in folders (searched all the way down, in order of their names).

    A file holds a rule or a list of rules. Bodies are not checked here: see `tocsin.files.definitions`.
    """
    loaded = LoadedRules()
    for file in files_in(paths, loaded.problems):
        document = read_document(file)
        if isinstance(document, FileProblem):
            loaded.problems.append(document)
        else:
            _read_rules(document, loaded)
    _refuse_repeated_ids(loaded)
    return loaded


def id_of_name(name: str) -> str:
    """The id of a rule whose file gives none."""
    return str(uuid.uuid5(RULE_NAMESPACE, name))


def files_in(
    paths: Sequence[Path], problems: list[FileProblem], suffixes: Collection[str] = SUFFIXES
) -> Iterator[Path]:
    """The files of the paths, each once: those that are named, and in folders those with one of the suffixes."""
    seen: set[Path] = set()
    for path in paths:
        if not path.exists():
            problems.append(FileProblem(path, 1, 1, "", "does not exist", "name a file or a folder of them"))
        for file in _files_below(path, suffixes) if path.is_dir() else [path] if path.exists() else []:
            if (resolved := file.resolve()) not in seen:
                seen.add(resolved)
                yield file


def _files_below(folder: Path, suffixes: Collection[str]) -> list[Path]:
    """The files of a folder; hidden files and folders are left out, as they are editors' and Kubernetes' own."""
    return sorted(
        file
        for file in folder.rglob("*")
        if file.suffix.lower() in suffixes
        and file.is_file()
        and not any(part.startswith(".") for part in file.relative_to(folder).parts)
    )


def _read_rules(document: Document, loaded: LoadedRules) -> None:
    root = document.root
    if root is None or root.value is None:
        problem = Problem("", "holds no rule", "write a rule or a list of rules, or delete the file")
        loaded.problems.append(document.problem(problem))
    elif isinstance(root.value, list):
        for at, node in root.members.items():
            _read_rule(document, node, str(at), loaded)
    else:
        _read_rule(document, root, "", loaded)


def _read_rule(document: Document, node: Node, path: str, loaded: LoadedRules) -> None:
    value = node.value
    if not isinstance(value, dict):
        problem = Problem(
            "", "is no rule", "a rule is an object with name, rule_type_id, consumer, schedule and params"
        )
        loaded.problems.append(document.source.problem(node.offset, problem))
        return
    given = value.get("id", "")
    if not isinstance(given, str) or ("id" in value and not given):
        problem = Problem("id", "must be text that is not empty", "put it in quotes, or leave it out")
        loaded.problems.append(document.source.problem(node.members["id"].key_offset or node.offset, problem))
        return
    loaded.rules.append(
        RuleDefinition(given or _derived_id(document, value, path), body_of_response(value), document, path)
    )


def _derived_id(document: Document, value: JsonObject, path: str) -> str:
    name = value.get("name")
    # Without a name the body will be refused; until then it needs an id that is nobody else's.
    return id_of_name(name if isinstance(name, str) else f"{document.source.file}#{path}")


def _refuse_repeated_ids(loaded: LoadedRules) -> None:
    first: dict[str, RuleDefinition] = {}
    for rule in loaded.rules:
        earlier = first.setdefault(rule.id, rule)
        if earlier is not rule:
            member = "id" if "id" in _members(rule) else "name"
            message = f"rule id [{rule.id}] is used by {earlier.file}:{earlier.line} too"
            remedy = f"give one of the two another {member}" + ("" if member == "id" else ", or an id")
            loaded.problems.append(rule.problem(Problem(member, message, remedy)))
    loaded.rules[:] = first.values()


def _members(rule: RuleDefinition) -> JsonObject:
    value = rule.document.value
    members: JsonObject = value[int(rule.path)] if rule.path else value
    return members
