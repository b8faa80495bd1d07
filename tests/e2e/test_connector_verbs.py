"""``tocsin connectors``: what is shown of connectors, and trials of them, by real processes."""

import json
from pathlib import Path

import pytest

SETTINGS = """\
connectors:
  hook: {name: Tickets, connector_type_id: .webhook, config: {url: "http://127.0.0.1:9/"},
         secrets: {user: "${env:HOOK_USER}", password: "${env:HOOK_PASSWORD}"}}
  log: {name: Log, connector_type_id: .server-log}
"""
SECRETS = {"HOOK_USER": "ann", "HOOK_PASSWORD": "t0p-secret"}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tocsin.yml").write_text(SETTINGS)
    return tmp_path


def test_connectors_are_shown_without_their_secrets(tocsin) -> None:
    listed = tocsin("connectors", "list", "-o", "json")
    assert json.loads(listed.stdout)["connectors"] == [
        {"id": "hook", "name": "Tickets", "connector_type_id": ".webhook", "is_preconfigured": True},
        {"id": "log", "name": "Log", "connector_type_id": ".server-log", "is_preconfigured": True},
    ]
    shown = tocsin("connectors", "get", "TICKETS", **SECRETS)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout.endswith("config:\n  url: http://127.0.0.1:9/\nsecrets:\n- password\n- user\n")
    assert "t0p-secret" not in shown.stdout


def test_a_trial_shows_what_would_go_out(tocsin, folder: Path) -> None:
    (folder / "params.yml").write_text('body: |\n  {\n    "a": 1\n  }\n')
    done = tocsin("connectors", "test", "hook", "--params", "params.yml", **SECRETS)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(
        "POST http://127.0.0.1:9/\nContent-Type: application/json\nAuthorization: <redacted>\n"
    )
    assert done.stdout.endswith('\n\n{\n  "a": 1\n}\n\n')
    assert done.stderr == "tocsin: the params are valid; nothing was sent (--send does)\n"


def test_a_real_one_that_fails_ends_with_4(tocsin) -> None:
    done = tocsin("connectors", "test", "hook", "--params", '{"body": "x"}', "--send", "-o", "json", **SECRETS)
    assert done.returncode == 4
    trial = json.loads(done.stdout)
    assert set(trial) == {"version", "connector", "params", "requests", "result"}
    assert (trial["result"]["connector_id"], trial["result"]["status"], trial["requests"]) == ("hook", "error", None)
    assert "ECONNREFUSED" in json.dumps(trial["result"])


def test_a_real_one(tocsin) -> None:
    done = tocsin("connectors", "test", "log", "--params", '{"message": "hello"}', "--send", "--log-level", "info")
    assert (done.returncode, done.stdout) == (0, "Log [log]: ok\n")
    assert "Server log: hello" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("log",), "params.message: is required"),
        (("log", "--params", "[1]"), "--params: is no object"),
        (("log", "--params", '{"a"}'), "--params.json:1:"),
        (("log", "--params", "nowhere.yml"), "nowhere.yml:1:1: cannot be read"),
        (("hook", "--params", '{"body": "x"}'), "environment variable HOOK_USER is not set"),
        (("nobody",), "tocsin.yml has no connector 'nobody'"),
    ],
)
def test_what_is_wrong(tocsin, arguments: tuple[str, ...], told: str) -> None:
    done = tocsin("connectors", "test", *arguments, "--send")
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
