"""Every verb that takes ``--server``, on a real daemon with a key that a command made; only the URL is shared."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from tocsin.cli.app import tocsin as app
from tocsin.cli.options import Globals

pytestmark = pytest.mark.slow

_PATIENCE_S = 60.0
RULE = """\
id: busy
name: Busy
rule_type_id: .index-threshold
consumer: alerts
schedule: {interval: 1s}
params: {index: [web], timeField: "@timestamp", timeWindowSize: 1, timeWindowUnit: d, threshold: [1],
         thresholdComparator: ">="}
actions:
  - {id: log, group: threshold met, frequency: {summary: false, notify_when: onActiveAlert}, params: {message: found}}
"""
ROLE = "elasticsearch: {}\nkibana: [{base: [read], spaces: ['*']}]\n"
COMMANDS = [
    ("apply rules/busy.yml --yes", "1 of 1 rule applied"),
    ("rules list", "1 to 1 of 1 rules"),
    ("rules get Busy", "api_key_owner: ann"),
    ("rules mute busy", "Busy [busy]: muted"),
    ("rules unmute busy", "Busy [busy]: unmuted"),
    ("rules snooze busy --for 1h", "Busy [busy]: snoozed until "),
    ("rules unsnooze busy", "Busy [busy]: unsnoozed"),
    ("rules disable busy", "Busy [busy]: disabled"),
    ("rules enable busy", "Busy [busy]: enabled"),
    ("connectors list", "1 connectors"),
    ("connectors get log", "name: Log"),
    ("windows create Work --for 1h --id work", "status: running"),
    ("windows list", "1 of 1 windows"),
    ("windows get work", "created_by: ann"),
    ("windows finish work", "what ran has ended"),
    ("windows archive work", "archived"),
    ("windows unarchive work", "taken out of the archive"),
    ("windows delete work", "deleted"),
    ("views list", "no data views"),
    ("views get web", "web] not found"),
    ("spaces create ops", "id: ops"),
    ("spaces list", "2 spaces"),
    ("spaces get ops", "name: ops"),
    ("rules list --space ops", "no rules"),
    ("spaces delete ops", "deleted"),
    ("roles put readers role.yml", "readers: stored"),
    ("roles get readers", "read"),
    ("roles list", "5 roles"),
    ("roles delete readers", "readers: deleted"),
    ("export", "name: Busy"),
]
LAST = [
    ("why busy", "alert all documents is new"),
    ("alerts list --rule busy", "all documents"),
    ("notifications list --rule Busy", "threshold met"),
    ("notifications retry --all-dead", "no dead letters"),
    ("notifications drop --all-dead", "no dead letters"),
    ("rules delete busy", "Busy [busy]: deleted, 1 active alert left untracked"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "busy.yml").write_text(RULE)
    (tmp_path / "role.yml").write_text(ROLE)
    (tmp_path / "web.ndjson").write_text(json.dumps({"@timestamp": datetime.now(UTC).isoformat()}) + "\n")
    (tmp_path / "tocsin.yml").write_text("connectors: {log: {name: Log, connector_type_id: .server-log}}\n")
    (tmp_path / "password").write_text("correct horse\n")
    return tmp_path


@pytest.fixture
def url(folder: Path, environment: dict[str, str]) -> Iterator[str]:
    """Of a daemon without rules of its own."""
    log = folder / "daemon.log"
    arguments = ["serve", "--listen", "127.0.0.1:0", "--data", "web=web.ndjson"]
    with log.open("w") as stderr:
        daemon = subprocess.Popen(
            [sys.executable, "-m", "tocsin", *arguments],
            cwd=folder,
            env=environment | {"HOME": str(folder), "XDG_CONFIG_HOME": str(folder)},
            stderr=stderr,
        )
    end = time.monotonic() + _PATIENCE_S
    while "listening on" not in log.read_text():
        assert time.monotonic() < end, log.read_text()
        assert daemon.poll() is None, log.read_text()
        time.sleep(0.05)
    said = log.read_text()
    yield "http" + said[said.index("listening on http") + len("listening on http") :].split()[0].rstrip('",}')
    daemon.kill()
    daemon.wait()


def test_every_verb(
    tocsin: Callable[..., "subprocess.CompletedProcess[str]"], folder: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert tocsin("users", "add", "ann", "--role", "superuser", "--password-file", "password").returncode == 0
    key = tocsin("keys", "create", "cli", "--user", "ann").stdout.strip()
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    for name in ("rules", "role.yml"):
        (folder / name).rename(elsewhere / name)
    monkeypatch.chdir(elsewhere)
    runner = CliRunner(env={"HOME": str(elsewhere), "TOCSIN_SERVER": url, "TOCSIN_API_KEY": key})

    def said_to(words: str) -> str:
        result = runner.invoke(app, words.split(), obj=Globals())
        return result.output + str(result.exception or "")

    def answers(commands: list[tuple[str, str]]) -> list[tuple[str, str]]:
        told = [(words, expected, said_to(words)) for words, expected in commands]
        return [(words, expected if expected in text else text) for words, expected, text in told]

    assert answers(COMMANDS) == COMMANDS
    end = time.monotonic() + _PATIENCE_S
    while "all documents" not in said_to("alerts list --status active"):
        assert time.monotonic() < end, "the rule never ran"
    assert answers(LAST) == LAST
    assert not (elsewhere / "tocsin.db").exists()
    walked = {" ".join(words.split()[:2]) for words, _ in (*COMMANDS, *LAST)}
    assert _verbs_with_server() - walked == set()


def _verbs_with_server() -> set[str]:
    """The verbs of groups that show ``--server``."""
    found = set()
    context = click.Context(app)
    for name in app.list_commands(context):
        command = app.get_command(context, name)
        inner = command.commands.items() if isinstance(command, click.Group) else ()
        for verb, each in inner:
            if any("--server" in option.opts and not getattr(option, "hidden", False) for option in each.params):
                found.add(f"{name} {verb}")
    return found
