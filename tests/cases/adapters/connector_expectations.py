"""How what a connector sent, answered and logged compares with what a case expects."""

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from engine.model.connector import ConnectorResult
from engine.model.instant import parse_iso
from engine.ports.target import read_target
from tests.cases.adapters.connector_remote import Sent
from tests.cases.matching import assert_equal, assert_subset, require_known

Json = dict[str, Any]

_RESULT = {
    *("status", "retry", "data", "data_subset", "data_absent", "errorSource", "connector_id"),
    *("service_message", "service_message_contains", "service_message_not_contains", "service_message_nonempty"),
    "service_message_absent",
}
_REQUEST = {
    *("method", "url", "path", "query", "headers", "headers_absent", "body_json", "body_json_subset", "body_text"),
    *("no_body", "ndjson", "action_line_any_of", "form", "body_paths_nonempty", "body_paths_absent"),
    *("body_path_contains", "body_paths_contain", "body_paths_present", "body_paths"),
}
_MISSING = object()
_CLOSE = timedelta(seconds=5)


def check_result(result: ConnectorResult, connector_id: str, expected: Json) -> None:
    """The result of an execution."""
    require_known(expected, _RESULT, "result")
    if "status" in expected:
        assert result.status == expected["status"], f"status: {result}"
    if "retry" in expected:
        _check_retry(result.retry, expected["retry"])
    if "data" in expected:
        assert_equal(result.data, expected["data"], "data")
    if "data_subset" in expected:
        assert_subset(result.data, expected["data_subset"], "data")
    if expected.get("data_absent"):
        assert result.data is None, f"data: {result.data!r}"
    if "errorSource" in expected:
        assert result.error_source == expected["errorSource"], f"errorSource: {result.error_source}"
    if "connector_id" in expected:
        assert connector_id == expected["connector_id"]
    _check_service_message(result.service_message, expected)


def _check_service_message(message: str | None, expected: Json) -> None:
    if "service_message" in expected:
        assert message == expected["service_message"], f"service message: {message!r}"
    for text in _list(expected.get("service_message_contains", ())):
        assert text in (message or ""), f"service message: {message!r} lacks {text!r}"
    for text in _list(expected.get("service_message_not_contains", ())):
        assert text not in (message or ""), f"service message: {message!r} holds {text!r}"
    if "service_message_nonempty" in expected:
        assert bool(message) is expected["service_message_nonempty"], f"service message: {message!r}"
    if expected.get("service_message_absent"):
        assert not message, f"service message: {message!r}"


def _check_retry(retry: bool | datetime, expected: Any) -> None:
    if isinstance(expected, dict):
        require_known(expected, {"after_seconds"}, "retry")
        assert isinstance(retry, datetime), f"retry: {retry!r}"
        assert abs(retry - datetime.now(UTC) - timedelta(seconds=expected["after_seconds"])) < _CLOSE, f"retry: {retry}"
    elif expected == "truthy":
        assert retry, f"retry: {retry!r}"
    else:
        assert retry is bool(expected), f"retry: {retry!r}"


def check_request(sent: Sent, expected: Json) -> None:
    """One request."""
    require_known(expected, _REQUEST, "request")
    if "method" in expected:
        assert sent.method == expected["method"], f"method: {sent.method}"
    if "url" in expected:
        _check_url(sent.url, expected["url"])
    _check_path(sent.url, expected)
    headers = {name.lower(): value for name, value in sent.headers.items()}
    for name, value in expected.get("headers", {}).items():
        assert headers.get(name.lower()) == value, f"header {name}: {headers.get(name.lower())!r}"
    for name in _list(expected.get("headers_absent", ())):
        assert name.lower() not in headers, f"header {name}: {headers[name.lower()]!r}"
    _check_body(sent.body, expected)


def _check_url(url: str, expected: str) -> None:
    if expected.startswith("/"):
        assert url == expected, f"url: {url}"
    else:
        assert url == read_target(expected).url, f"url: {url}"


def _check_path(url: str, expected: Json) -> None:
    parts = urlsplit(url)
    if "path" in expected:
        path, _, query = expected["path"].partition("?")
        assert parts.path == path, f"path: {url}"
        assert not query or dict(parse_qsl(parts.query)) == dict(parse_qsl(query)), f"query: {url}"
    if "query" in expected:
        query = expected["query"]
        wanted = dict(parse_qsl(query)) if isinstance(query, str) else {name: _text(query[name]) for name in query}
        assert wanted.items() <= dict(parse_qsl(parts.query)).items(), f"query: {url}"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _check_body(body: bytes | None, expected: Json) -> None:
    if expected.get("no_body"):
        assert not body, f"body: {body!r}"
    if "body_text" in expected:
        assert (body or b"").decode() == expected["body_text"], f"body: {body!r}"
    if "form" in expected:
        form = {name: values[0] for name, values in parse_qs((body or b"").decode()).items()}
        assert_equal(form, expected["form"], "form")
    if "ndjson" in expected:
        _check_ndjson(body or b"", expected["ndjson"], expected.get("action_line_any_of"))
    if "body_json" in expected:
        assert_equal(json.loads(body or b""), expected["body_json"], "body")
    if "body_json_subset" in expected:
        assert_subset(json.loads(body or b""), expected["body_json_subset"], "body")
    if any(name.startswith("body_path") for name in expected):
        _check_paths(json.loads(body or b""), expected)


def _check_paths(body: Any, expected: Json) -> None:
    for path in _list(expected.get("body_paths_nonempty", ())):
        assert _at(body, path) not in (_MISSING, None, "", [], {}), f"body {path}: {_at(body, path)!r}"
    for path in _list(expected.get("body_paths_present", ())):
        assert _at(body, path) is not _MISSING, f"body {path}: missing"
    for path in _list(expected.get("body_paths_absent", ())):
        assert _at(body, path) is _MISSING, f"body {path}: {_at(body, path)!r}"
    for name in ("body_path_contains", "body_paths_contain"):
        for path, text in expected.get(name, {}).items():
            assert text in str(_at(body, path)), f"body {path}: {_at(body, path)!r}"
    for path, value in expected.get("body_paths", {}).items():
        assert_equal(_at(body, path), value, f"body {path}")


def _check_ndjson(body: bytes, expected: Any, actions: Sequence[Json] | None) -> None:
    """Pairs of lines: an action, which may be written in several ways, and a document."""
    lines = [json.loads(line) for line in body.splitlines()]
    wanted = _wanted_lines(expected, actions)
    assert len(lines) == len(wanted), f"ndjson: {lines!r}"
    for number, (line, alternatives) in enumerate(zip(lines, wanted, strict=True)):
        assert any(_is_same(line, wanted_line) for wanted_line in alternatives), f"ndjson line {number}: {line!r}"


def _wanted_lines(expected: Any, actions: Sequence[Json] | None) -> list[Sequence[Any]]:
    """For each line what it may be. Pairs as one object, lines one by one, or documents below common actions."""
    if isinstance(expected, dict):
        [documents] = [value for name, value in expected.items() if name != "action_line_any_of"]
        return _wanted_lines(documents, expected.get("action_line_any_of", actions))
    wanted: list[Sequence[Any]] = []
    for element in expected:
        if isinstance(element, dict) and "action_line_any_of" in element:
            wanted.append(element["action_line_any_of"])
            wanted += [[value] for name, value in element.items() if name != "action_line_any_of"]
        else:
            wanted += [[element]] if actions is None else [actions, [element]]
    return wanted


def _is_same(found: Any, expected: Any) -> bool:
    if isinstance(expected, dict) and expected.keys() == {"$now_iso"}:
        is_iso = isinstance(found, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", found) is not None
        return is_iso and abs(parse_iso(found) - datetime.now(UTC)) < 2 * _CLOSE
    if isinstance(expected, dict) and isinstance(found, dict):
        return found.keys() == expected.keys() and all(_is_same(found[name], expected[name]) for name in expected)
    if isinstance(expected, list) and isinstance(found, list):
        return len(found) == len(expected) and all(map(_is_same, found, expected))
    return type(found) is type(expected) and found == expected


def check_log(records: Sequence[tuple[str, str]], expected: Json) -> None:
    """The one record, as (level, text)."""
    require_known(expected, {"level", "message_ends_with", "message_contains"}, "log")
    [(level, text)] = records
    assert "level" not in expected or level == expected["level"], f"level: {level}"
    assert text.endswith(expected.get("message_ends_with", "")), f"log: {text!r}"
    for part in _list(expected.get("message_contains", ())):
        assert part in text, f"log: {text!r}"


def _at(value: Any, path: str) -> Any:
    for part in path.split("."):
        if isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        elif isinstance(value, dict) and part in value:
            value = value[part]
        else:
            return _MISSING
    return value


def _list(value: Any) -> Sequence[Any]:
    return [value] if isinstance(value, str) else value
