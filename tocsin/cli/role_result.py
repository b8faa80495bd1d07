"""How roles are looked at, stored and printed."""

import sys
from pathlib import Path

import click

from engine.model.errors import InvalidInput
from engine.model.jsonvalue import JsonObject
from tocsin.cli.options import OutputFormat
from tocsin.cli.tables import print_json, print_table, print_yaml
from tocsin.client.api import Api, path_of
from tocsin.files.documents import Document, parse_document, read_document
from tocsin.files.problems import FileProblem
from tocsin.session import refuse

_ROLES = "/api/security/role"
_ROLE = f"{_ROLES}/{{name}}"
_STDIN = "-"
_UNCHANGED = "nothing was stored"
_TAKEN = ("description", "metadata", "elasticsearch", "kibana")
"""What `tocsin roles put` takes of what the API shows."""


async def print_roles(api: Api, output: OutputFormat) -> None:
    """Print roles for people or for programs."""
    roles = await api.ask("GET", _ROLES)
    if output is OutputFormat.JSON:
        print_json({"roles": [{"name": role["name"], **_body(role)} for role in roles]})
        return
    rows = [(role["name"], "yes" if _is_reserved(role) else "no", role.get("description") or "-") for role in roles]
    print_table(("name", "built in", "description"), rows)
    click.echo(f"{len(roles)} role{'' if len(roles) == 1 else 's'}")


async def print_role(api: Api, name: str, output: OutputFormat) -> None:
    """Print a role whole: for people as YAML, which `tocsin roles put` takes."""
    role = await api.ask("GET", path_of(_ROLE, name=name))
    body = _body(role)
    if _is_reserved(role):
        # Names that start with '_' are refused in what users store.
        body["metadata"] = {}
    if output is OutputFormat.JSON:
        print_json({"role": {"name": role["name"], **body}})
    else:
        print_yaml(body)


def read_role(file: Path) -> Document:
    """The file of a role; - is standard input. What is wrong with it ends the command."""
    document = parse_document(Path("stdin"), sys.stdin.buffer.read()) if str(file) == _STDIN else read_document(file)
    if isinstance(document, FileProblem):
        refuse([document], _UNCHANGED)
        raise AssertionError("refusing ends the command")
    return document


async def put_role(api: Api, name: str, document: Document) -> None:
    """Make or replace a role; a mistake is told at its place in the file."""
    try:
        await api.ask("PUT", path_of(_ROLE, name=name), body=document.value)
    except InvalidInput as error:
        refuse([document.problem(problem) for problem in error.problems], _UNCHANGED)
    click.echo(f"{name}: stored")


async def delete_role(api: Api, name: str) -> None:
    """Remove a role."""
    await api.ask("DELETE", path_of(_ROLE, name=name))
    click.echo(f"{name}: deleted")


def _body(role: JsonObject) -> JsonObject:
    return {name: role[name] for name in _TAKEN if name in role}


def _is_reserved(role: JsonObject) -> bool:
    return bool(role["metadata"].get("_reserved"))
