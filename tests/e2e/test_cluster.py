"""``tocsin run`` over a cluster: a server made for tests, over HTTP."""

import json
import socket
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from osmem_server import OsmemServer

RULE = """
name: Errors
rule_type_id: .index-threshold
consumer: alerts
schedule: {interval: 1m}
params: {index: web, timeField: "@timestamp", aggType: count, groupBy: top, termField: host.keyword, termSize: 5,
         timeWindowSize: 5, timeWindowUnit: m, threshold: [1], thresholdComparator: ">"}
"""
DOCUMENTS = [
    {"@timestamp": f"2026-01-15T10:3{minute}:00.000Z", "host": host}
    for minute, host in ((6, "a"), (7, "a"), (6, "b"), (8, "b"), (8, "c"))
]
HOST = {"type": "text", "fields": {"keyword": {"type": "keyword"}}}
MAPPING = {"properties": {"@timestamp": {"type": "date"}, "host": HOST}}


def put(url: str, method: str, body: Any, kind: str = "application/json") -> None:
    lines = body if isinstance(body, str) else json.dumps(body)
    request = urllib.request.Request(url, lines.encode(), {"content-type": kind}, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status == 200


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """The URL of a server with the index ``web``: two hosts with two documents each, one with one."""
    with OsmemServer.start(japanese=False) as server:
        put(f"{server.url}/web", "PUT", {"mappings": MAPPING})
        lines = "".join(f'{{"index": {{}}}}\n{json.dumps(document)}\n' for document in DOCUMENTS)
        put(f"{server.url}/web/_bulk?refresh=true", "POST", lines, "application/x-ndjson")
        yield server.url
    assert server.process.stdout is not None
    server.process.stdout.close()


@pytest.fixture
def rule(tmp_path: Path) -> Path:
    file = tmp_path / "rule.yml"
    file.write_text(RULE, encoding="utf-8")
    return file


AT = ("--at", "2026-01-15T10:40:00Z", "--output", "json")


def alerts(text: str) -> list[tuple[str, str]]:
    [result] = json.loads(text)["rules"]
    return sorted((alert["id"], alert["status"]) for alert in result["alerts"])


def test_a_cluster_named_on_the_command_line(tocsin: Any, cluster: str, rule: Path) -> None:
    done = tocsin("run", rule, "--es", cluster, *AT)
    assert (done.returncode, done.stderr) == (0, "")
    assert alerts(done.stdout) == [("a", "new"), ("b", "new")]


def test_the_cluster_of_the_settings(tocsin: Any, cluster: str, rule: Path, tmp_path: Path) -> None:
    settings = tmp_path / "tocsin.yml"
    secrets = '{api_key: "${env:KEY}"}'
    settings.write_text(f"clusters: {{main: {{hosts: ['{cluster}'], secrets: {secrets}}}}}\n", encoding="utf-8")
    done = tocsin("--config", settings, "run", rule, *AT, KEY="aWQ6a2V5")
    assert (done.returncode, done.stderr) == (0, "")
    assert alerts(done.stdout) == [("a", "new"), ("b", "new")]


def test_files_and_the_cluster_give_equal_alerts(tocsin: Any, cluster: str, rule: Path, tmp_path: Path) -> None:
    data = tmp_path / "web.ndjson"
    data.write_text("".join(json.dumps(document) + "\n" for document in DOCUMENTS), encoding="utf-8")
    over_files = tocsin("run", rule, "--data", f"web={data}", *AT)
    assert alerts(over_files.stdout) == alerts(tocsin("run", rule, "--es", cluster, *AT).stdout)


def test_nobody_listens(tocsin: Any, rule: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        done = tocsin("run", rule, "--es", f"http://127.0.0.1:{taken.getsockname()[1]}")
    assert done.returncode == 3
    assert "cannot be reached" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("url", "variables", "place"),
    [
        ("http://ann:hunter2@localhost", {}, "--es"),
        ("localhost", {}, "--es"),
        ("http://localhost", {"TOCSIN_ES_USERNAME": "ann"}, "TOCSIN_ES_PASSWORD"),
        ("https://localhost", {"TOCSIN_ES_CA_FILE": "none.pem"}, "ca_file"),
    ],
)
def test_an_address_or_credentials_that_cannot_be(
    tocsin: Any, rule: Path, url: str, variables: dict[str, str], place: str
) -> None:
    done = tocsin("run", rule, "--es", url, **variables)
    assert done.returncode == 2
    assert place in done.stderr
    assert "hunter2" not in done.stderr


def test_a_cluster_beside_files_is_refused(tocsin: Any, rule: Path) -> None:
    done = tocsin("run", rule, "--es", "http://localhost", "--data", "web=x.ndjson")
    assert done.returncode == 2
    assert "--es and --data cannot be used together" in done.stderr
