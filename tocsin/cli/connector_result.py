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
from tocsin.cli.options import OutputFormat, store_url
from tocsin.cli.tables import print_json, print_table, print_yaml
from tocsin.cli.text import printable, printable_lines
from tocsin.connector_trial import execute, load_connector, requests_of, validated_params
from tocsin.declared_connectors import find_connector
from tocsin.files.documents import parse_document, read_document
from tocsin.files.problems import FileProblem
from tocsin.known_connectors import find_among, known_connectors
from tocsin.session import Session, load_settings, refuse
from tocsin.stored import refuse_missing_store

_FAILED = 4


def show_connectors(config_file: Path | None, store: str | None, output: OutputFormat) -> None:
    """Print all connectors for people or for programs."""
    session, found = _load(config_file, store)
    if output is OutputFormat.JSON:
        shown = [{**_named(each), "is_preconfigured": each.is_preconfigured} for each in found]
        print_json({"connectors": shown})
        return
    if found:
        rows = [
            (each.id, each.name, _type_in_words(session, each.connector_type_id), _place_of(each)) for each in found
        ]
        print_table(("id", "name", "type", "kept in"), rows)
    click.echo(f"{len(found)} connectors" if found else "no connectors")


def show_connector(config_file: Path | None, store: str | None, text: str, output: OutputFormat) -> None:
    """Print a connector whole, with the names of the secrets that tocsin.yml gives it."""
    session, found = _load(config_file, store)
    connector = find_among(found, text)
    shown = {**_named(connector), "is_preconfigured": connector.is_preconfigured, "config": connector.config}
    if connector.is_preconfigured:
        shown["secrets"] = sorted(find_connector(session.config, connector.id).body["secrets"])
    else:
        shown["is_missing_secrets"] = connector.is_missing_secrets
    if output is OutputFormat.JSON:
        print_json({"connector": shown})
    else:
        print_yaml(shown)


def _load(config_file: Path | None, store: str | None) -> tuple[Session, list[Connector]]:
    """The settings, and all connectors. What is wrong with tocsin.yml ends the command."""
    session = load_settings(config_file, needs_secrets=False)
    session.refuse_problems()
    if store is not None:
        refuse_missing_store(store_url(store))
    return session, known_connectors(session, session.config.store if store is None else store_url(store))


def _place_of(connector: Connector) -> str:
    return "tocsin.yml" if connector.is_preconfigured else "store"


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


def _type_in_words(session: Session, type_id: str) -> str:
    known = session.registry.connector_type(type_id)
    return f"{type_id} ({'unknown' if known is None else known.name})"
