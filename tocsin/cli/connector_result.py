"""How connectors, and trials of them, are printed."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import click

from engine.model.connector import Connector, ConnectorResult
from engine.model.errors import InvalidInput, Problem
from engine.model.instant import iso
from engine.model.jsonvalue import JsonObject
from engine.service.connector_execution import describe_failure
from tocsin.cli.options import OutputFormat
from tocsin.cli.tables import print_json, print_table, print_yaml
from tocsin.cli.text import printable, printable_lines
from tocsin.client.connectors import ListedConnector, find_among, listed_connectors
from tocsin.client.place import Place
from tocsin.connector_trial import execute, load_connector, requests_of, validated_params
from tocsin.files.documents import parse_document, read_document
from tocsin.files.problems import FileProblem
from tocsin.session import refuse

_FAILED = 4


async def show_connectors(place: Place, output: OutputFormat) -> None:
    """Print all connectors for people or for programs."""
    found = await listed_connectors(place)
    if output is OutputFormat.JSON:
        members = ("id", "name", "connector_type_id", "is_preconfigured")
        print_json({"connectors": [{name: each.shown[name] for name in members} for each in found]})
        return
    if found:
        rows = [(each.id, each.name, f"{each.type_id} ({each.type_name})", _kept_in(each)) for each in found]
        print_table(("id", "name", "type", "kept in"), rows)
    click.echo(f"{len(found)} connectors" if found else "no connectors")


async def show_connector(place: Place, text: str, output: OutputFormat) -> None:
    """Print a connector whole, as far as the place shows it."""
    shown = find_among(await listed_connectors(place), text).shown
    if output is OutputFormat.JSON:
        print_json({"connector": shown})
    else:
        print_yaml(shown)


def _kept_in(connector: ListedConnector) -> str:
    return "tocsin.yml" if connector.shown["is_preconfigured"] else "store"


async def try_connector(
    config_file: Path | None, text: str, params_text: str, *, is_sending: bool, output: OutputFormat
) -> int:
    """Show what a connector would send, or execute it; the exit code."""
    session, connector = load_connector(config_file, text)
    params = validated_params(session, connector, _read_params(params_text))
    if not is_sending:
        _print_requests(connector, params, await requests_of(session, connector, params), output)
        click.echo("tocsin: the params are valid; nothing was sent (--send does)", err=True)
        return 0
    result = await execute(session, connector, params)
    _print_result(connector, params, result, output)
    return 0 if result.is_ok else _FAILED


def _read_params(text: str) -> JsonObject:
    """The params in JSON text or in a file. What is wrong with them ends the command, or raises InvalidInput."""
    is_json = text.lstrip().startswith(("{", "["))
    document = parse_document(Path("--params.json"), text.encode()) if is_json else read_document(Path(text))
    if isinstance(document, FileProblem):
        refuse([document], "nothing was sent")
        raise AssertionError("a problem ends the command")
    if not isinstance(document.value, dict):
        raise InvalidInput([Problem("--params", "is no object", 'write them like {"message": "hello"}')])
    return document.value


def _print_requests(
    connector: Connector, params: JsonObject, requests: Sequence[JsonObject] | None, output: OutputFormat
) -> None:
    if output is OutputFormat.JSON:
        print_json({"connector": _named(connector), "params": params, "requests": requests, "result": None})
    elif requests is None:
        print_yaml(params)
    else:
        click.echo("\n\n".join(map(_request_in_lines, requests)))


def _request_in_lines(request: JsonObject) -> str:
    headers = [f"{name}: {value}" for name, value in request["headers"].items()]
    head = "\n".join(map(printable, [f"{request['method']} {request['url']}", *headers]))
    return head if request["body"] is None else f"{head}\n\n{printable_lines(request['body'])}"


def _print_result(connector: Connector, params: JsonObject, result: ConnectorResult, output: OutputFormat) -> None:
    if output is OutputFormat.JSON:
        shown = _result_as_json(connector, result)
        print_json({"connector": _named(connector), "params": params, "requests": None, "result": shown})
        return
    told = "ok" if result.is_ok else f"failed: {describe_failure(result)}"
    click.echo(printable(f"{connector.name} [{connector.id}]: {told}"))
    if result.data is not None:
        print_yaml({"data": result.data})


def _result_as_json(connector: Connector, result: ConnectorResult) -> JsonObject:
    """The result as Kibana's API gives it (connector-framework.md 5.2)."""
    return {
        "connector_id": connector.id,
        "status": result.status,
        "message": result.message,
        "service_message": result.service_message,
        "data": result.data,
        "retry": iso(result.retry) if isinstance(result.retry, datetime) else result.retry,
        "errorSource": result.error_source,
    }


def _named(connector: Connector) -> JsonObject:
    return {"id": connector.id, "name": connector.name, "connector_type_id": connector.connector_type_id}
