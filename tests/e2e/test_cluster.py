"""``tocsin run`` over clusters, alone and beside files: servers made for tests, over HTTP."""

import json
import re
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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


@contextmanager
def serving(index: str, documents: list[dict[str, str]]) -> Iterator[str]:
    with OsmemServer.start(japanese=False) as server:
        put(f"{server.url}/{index}", "PUT", {"mappings": MAPPING})
        lines = "".join(f'{{"index": {{}}}}\n{json.dumps(document)}\n' for document in documents)
        put(f"{server.url}/{index}/_bulk?refresh=true", "POST", lines, "application/x-ndjson")
        yield server.url
    assert server.process.stdout is not None
    server.process.stdout.close()


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """The URL of a server with the index ``web``: two hosts with two documents each, one with one."""
    with serving("web", DOCUMENTS) as url:
        yield url


@pytest.fixture(scope="module")
def other_cluster() -> Iterator[str]:
    """One with an index ``web``, too, of another host."""
    with serving("web", [document | {"host": "z"} for document in DOCUMENTS]) as url:
        yield url


@pytest.fixture
def nobody() -> Iterator[str]:
    """A URL at which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


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


def test_nobody_listens(tocsin: Any, rule: Path, nobody: str) -> None:
    done = tocsin("run", rule, "--es", nobody)
    assert done.returncode == 3
    assert "cannot be reached" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("url", "variables", "place"),
    [
        ("http://ann:hunter2@localhost", {}, "--es"),
        ("localhost", {}, "--es"),
        ("http://localhost", {"TOCSIN_ES_USERNAME": "ann"}, "TOCSIN_ES_PASSWORD"),
        ("https://localhost", {"TOCSIN_ES_CA_FILE": "none.pem"}, "TOCSIN_ES_CA_FILE"),
        ("https://localhost", {"TOCSIN_ES_CLIENT_CERT": "none.pem"}, "TOCSIN_ES_CLIENT_KEY"),
        (
            "https://localhost",
            {"TOCSIN_ES_CLIENT_CERT": "none.pem", "TOCSIN_ES_CLIENT_KEY": "none.pem"},
            "TOCSIN_ES_CLIENT_CERT: none.pem",
        ),
    ],
)
def test_an_address_or_credentials_that_cannot_be(
    tocsin: Any, rule: Path, url: str, variables: dict[str, str], place: str
) -> None:
    done = tocsin("run", rule, "--es", url, **variables)
    assert done.returncode == 2
    assert place in done.stderr
    assert "hunter2" not in done.stderr


Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a rule for each index, and settings with these clusters; the folder of the rules."""

    def rules_and_settings(*indices: str, settings: str = "", **clusters: str) -> Path:
        folder = tmp_path / "rules"
        folder.mkdir()
        for index in indices:
            name = re.sub(r"[^a-z]+", "-", index).strip("-")
            (folder / f"{name}.yml").write_text(
                f"id: {name}\n" + RULE.replace("index: web", f'index: "{index}"'), encoding="utf-8"
            )
        sections = "".join(f"  {name}: {{hosts: ['{url}']}}\n" for name, url in clusters.items())
        (tmp_path / "tocsin.yml").write_text(f"clusters:\n{sections}{settings}" if sections else settings)
        return folder

    return rules_and_settings


def active(text: str) -> dict[str, list[str]]:
    """The alerts of each rule."""
    return {
        result["rule"]["id"]: sorted(alert["id"] for alert in result["alerts"]) for result in json.loads(text)["rules"]
    }


def test_two_clusters_and_files_in_one_run(
    tocsin: Any, write: Write, cluster: str, other_cluster: str, tmp_path: Path
) -> None:
    file = tmp_path / "local.ndjson"
    file.write_text("".join(json.dumps(document | {"host": "f"}) + "\n" for document in DOCUMENTS), encoding="utf-8")
    rules = write("web", "main:web", "logs:web,-logs:x*", "local", "logs:w*", main=cluster, logs=other_cluster)
    done = tocsin("run", rules, "--data", f"local={file}", *AT)
    assert (done.returncode, done.stderr) == (0, "")
    assert active(done.stdout) == {
        "web": ["a", "b"], "main-web": ["a", "b"], "logs-web-logs-x": ["z"], "local": ["f"], "logs-w": ["z"]
    }  # fmt: skip


def test_a_cluster_and_files_on_the_command_line(tocsin: Any, write: Write, cluster: str, tmp_path: Path) -> None:
    (tmp_path / "data.ndjson").write_text(json.dumps(DOCUMENTS[0]) + "\n" + json.dumps(DOCUMENTS[1]) + "\n")
    rules = write("web", "local-x", "local-*", "default:web")
    done = tocsin("run", rules, "--es", cluster, "--data", "local-x=data.ndjson", *AT)
    assert active(done.stdout) == {"web": ["a", "b"], "local-x": ["a"], "local": ["a"], "default-web": ["a", "b"]}
    assert done.stderr == (
        "tocsin: rule [local] searches index [local-*] in files only (local-x); write default:local-* for the cluster\n"
    )


def test_the_default_cluster_may_be_another_than_the_first(
    tocsin: Any, write: Write, cluster: str, other_cluster: str
) -> None:
    rules = write("web", settings=f"  logs: {{hosts: ['{other_cluster}'], default: true}}\n", main=cluster)
    assert active(tocsin("run", rules, *AT).stdout) == {"web": ["z"]}
    assert active(tocsin("run", rules, "--es", cluster, *AT).stdout) == {"web": ["a", "b"]}


def test_only_clusters_that_the_rules_search_must_answer(
    tocsin: Any, write: Write, cluster: str, nobody: str, tmp_path: Path
) -> None:
    rules = write("up:web", down=nobody, up=cluster)
    assert active(tocsin("run", rules, *AT).stdout) == {"up-web": ["a", "b"]}
    (rules / "down.yml").write_text(RULE)
    done = tocsin("run", rules, *AT)
    assert done.returncode == 3
    assert "cluster [down] cannot be reached" in done.stderr


def test_files_alone_load_no_client_of_clusters(tocsin: Any, write: Write, nobody: str, tmp_path: Path) -> None:
    (tmp_path / "data.ndjson").write_text(json.dumps(DOCUMENTS[0]) + "\n")
    rules = write("local", main=nobody)
    done = tocsin("run", rules, "--data", "local=data.ndjson", *AT, PYTHONPROFILEIMPORTTIME="1")
    loaded = set(re.findall(r"\| +([a-z_]+)$", done.stderr, flags=re.MULTILINE))
    assert done.returncode == 0
    assert "duckdb" in loaded
    assert "elasticsearch" not in loaded


def test_a_cluster_alone_loads_no_engine_for_files(tocsin: Any, write: Write, cluster: str) -> None:
    done = tocsin("run", write("web", main=cluster), *AT, PYTHONPROFILEIMPORTTIME="1")
    loaded = set(re.findall(r"\| +([a-z_]+)$", done.stderr, flags=re.MULTILINE))
    assert done.returncode == 0
    assert "elasticsearch" in loaded
    assert "duckdb" not in loaded


@pytest.mark.parametrize(
    ("index", "says"),
    [("local,web", "make a rule for each"), ("*", "would match both the files and cluster [main]")],
)
def test_a_rule_over_both_is_an_error_of_its_run(
    tocsin: Any, write: Write, cluster: str, tmp_path: Path, index: str, says: str
) -> None:
    (tmp_path / "data.ndjson").write_text(json.dumps(DOCUMENTS[0]) + "\n")
    rules = write("web", main=cluster)
    (rules / "both.yml").write_text("id: both\n" + RULE.replace("index: web", f'index: "{index}"'), encoding="utf-8")
    done = tocsin("run", rules, "--data", "local=data.ndjson", *AT)
    results = {result["rule"]["id"]: result for result in json.loads(done.stdout)["rules"]}
    assert done.returncode == 4
    assert results["both"]["status"] == "error"
    assert says in results["both"]["error"]
    assert results["web"]["status"] == "active"


def test_a_certificate_file_of_the_settings_that_holds_none(tocsin: Any, write: Write, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing")
    rules = write("web", settings="clusters: {main: {hosts: ['https://localhost'], ca_file: ca.pem}}\n")
    done = tocsin("run", rules)
    assert done.returncode == 2
    assert "clusters.main.ca_file: " in done.stderr


@pytest.fixture
def stuck() -> Iterator[str]:
    """A URL at which connections are made and nothing is ever answered."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


@pytest.fixture
def daemon(tmp_path: Path, environment: dict[str, str]) -> Iterator["subprocess.Popen[str]"]:
    """The daemon over the rules in the folder, killed at the end, and at the latest after 90 s."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tocsin", "serve", "--rules", "rules"],
        cwd=tmp_path,
        env=environment | {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)},
        stderr=subprocess.PIPE,
        text=True,
    )
    end = threading.Timer(90, process.kill)
    end.start()
    yield process
    end.cancel()
    process.kill()
    process.communicate()


@pytest.fixture
def partly_reachable(write: Write, cluster: str, nobody: str, stuck: str, tmp_path: Path) -> None:
    """Rules, run each second, over files and over clusters of which one answers, one is down and one is stuck."""
    (tmp_path / "data.ndjson").write_text(json.dumps(DOCUMENTS[0]) + "\n")
    settings = "data: {local: {files: [data.ndjson], follow: true}}\n"
    rules = write("up:web", "down:web", "stuck:web", "local", settings=settings, down=nobody, stuck=stuck, up=cluster)
    for file in rules.iterdir():
        file.write_text(file.read_text().replace("interval: 1m", "interval: 1s"))


@pytest.mark.slow
@pytest.mark.usefixtures("partly_reachable")
def test_a_daemon_goes_on_with_what_it_can_reach(daemon: "subprocess.Popen[str]") -> None:
    statuses: dict[str, list[str]] = {"up-web": [], "local": [], "down-web": []}
    assert daemon.stderr is not None
    for line in daemon.stderr:
        fields = json.loads(line) if line.startswith("{") else {}
        if fields.get("message") == "rule_run":
            statuses[fields["rule_id"]].append(fields["status"])
        if min(map(len, statuses.values())) >= 3:
            break
    assert min(map(len, statuses.values())) >= 3
    # The rule over the cluster that never answers is still in its first run, and nobody waits for it.
    told = {rule: set(found) for rule, found in statuses.items()}
    assert told == {"up-web": {"ok"}, "local": {"ok"}, "down-web": {"error"}}
