"""Options as variables, help, start-up and what is printed where."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from tocsin.cli.app import tocsin as app

AT = "2026-01-15T10:05:00Z"
RULE = """\
id: r
name: Requests of all the hosts that serve the web site, and of those that serve what is behind it
rule_type_id: .index-threshold
consumer: alerts
schedule: {interval: 1m}
params: {index: [web], timeField: "@timestamp", timeWindowSize: 5, timeWindowUnit: m, threshold: [1],
         thresholdComparator: ">="}
actions:
  - {id: log, group: threshold met, frequency: {summary: false, notify_when: onActiveAlert}, params: {message: found}}
  - {id: log, group: threshold met, frequency: {summary: false, notify_when: onActiveAlert}, params: {message: again}}
"""
SLOW_TO_LOAD = ("sqlalchemy", "duckdb", "pydantic", "aiohttp", "alembic", "rich", "ruamel", "asyncio")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Path:
    """A folder with a rule, data that makes it active, and settings."""
    (tmp_path / "rule.yml").write_text(RULE)
    (tmp_path / "tocsin.yml").write_text("connectors: {log: {name: log, connector_type_id: .server-log}}\n")
    (tmp_path / "web.ndjson").write_text('{"@timestamp": "2026-01-15T10:04:00Z"}\n')
    return tmp_path


def _options() -> Iterator[tuple[str, click.Option]]:
    for name, command in _commands("", app):
        for parameter in command.params:
            if isinstance(parameter, click.Option) and parameter.name != "version":
                yield f"{name} {parameter.opts[0]}", parameter


def _commands(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    """The command and all that are in it, with their names."""
    yield name, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for verb in command.list_commands(context):
            inner = command.get_command(context, verb)
            assert inner is not None
            yield from _commands(f"{name} {verb}".strip(), inner)


@pytest.mark.parametrize(("name", "option"), [pytest.param(*each, id=each[0]) for each in _options()])
def test_every_option_is_a_variable_too_and_has_help(name: str, option: click.Option) -> None:
    long_name = next(name for name in option.opts if name.startswith("--"))
    words = long_name[2:].replace("-", "_").upper()
    # What only the verbs of a group have carries the group's name: the same word means something else elsewhere.
    group = name.split()[0].upper() if name.count(" ") == 2 else ""
    shared = ("STORE", "OUTPUT", "CONFIG", "LOG_LEVEL", "DEBUG", "SERVER")
    if group not in ("USERS", "KEYS"):
        shared += ("API_KEY", "API_KEY_FILE", "USER", "PASSWORD_FILE", "CA_FILE", "SPACE")
    if name == "kql --options":
        # The word alone could mean anything.
        group = "KQL"
    if name in ("run --store", "run --rule"):
        # A variable that names the store to look at must not make every dry run advance its alerts.
        group, shared = "RUN", ()
    assert option.envvar == ("TOCSIN_" + words if not group or words in shared else f"TOCSIN_{group}_{words}")
    assert option.show_envvar
    assert option.help


def test_a_run_by_variables_alone(tocsin, folder: Path) -> None:
    (folder / "tocsin.yml").rename(folder / "other.yml")
    (folder / "api.ndjson").write_text("{}\n")
    variables = {
        "TOCSIN_AT": AT,
        "TOCSIN_CONFIG": "other.yml",
        "TOCSIN_DATA": "web=web.ndjson api=*.ndjson",
        "TOCSIN_STATE": "state.db",
        "TOCSIN_SEND": "1",
        "TOCSIN_FAIL_ON_ALERT": "true",
        "TOCSIN_OUTPUT": "json",
        "TOCSIN_LOG_LEVEL": "error",
    }
    done = tocsin("run", "rule.yml", **variables)
    outcome = json.loads(done.stdout)
    assert (done.returncode, outcome["version"], outcome["delivery"]["delivered"]) == (1, 1, 2), done.stderr
    assert outcome["rules"][0]["at"] == "2026-01-15T10:05:00.000Z"
    assert (folder / "state.db").exists()
    story = tocsin("why", "r", TOCSIN_STORE="state.db", TOCSIN_OUTPUT="json", TOCSIN_LAST="1h")
    assert json.loads(story.stdout)["status"] == "1 active: all documents"


def test_the_command_line_counts_more_than_the_environment(tocsin) -> None:
    for arguments in (("--config", "tocsin.yml", "check", "rule.yml"), ("check", "rule.yml", "--config", "tocsin.yml")):
        assert tocsin(*arguments, TOCSIN_CONFIG="nowhere.yml").returncode == 0


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["run", "--help"], ["why", "-h"]])
def test_help_loads_nothing_slow(arguments: list[str], environment: dict[str, str]) -> None:
    program = (
        f"import sys; sys.argv[1:] = {arguments!r}\n"
        "from tocsin.__main__ import main\n"
        "try:\n    main()\n"
        f"finally:\n    print([name for name in {SLOW_TO_LOAD!r} if name in sys.modules], file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "[]\n")
    assert "tocsin" in done.stdout


def test_checking_and_running_load_only_what_they_use(folder: Path, environment: dict[str, str]) -> None:
    def loaded_by(*arguments: str) -> set[str]:
        program = (
            f"import sys; sys.argv[1:] = {arguments!r}\nfrom tocsin.__main__ import main\n"
            f"try:\n    main()\nfinally:\n    print(*(name for name in {SLOW_TO_LOAD!r} if name in sys.modules))\n"
        )
        command = [sys.executable, "-c", program]
        done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=True)
        return set(done.stdout.splitlines()[-1].split())

    assert loaded_by("check", "rule.yml").isdisjoint({"sqlalchemy", "duckdb", "aiohttp", "rich"})
    assert loaded_by("run", "rule.yml", "--at", AT, "--data", "web=web.ndjson", "-o", "json").isdisjoint(
        {"aiohttp", "alembic", "rich"}
    )


def test_tables_in_files_are_neither_cut_nor_coloured(tocsin) -> None:
    done = tocsin("run", "rule.yml", "--at", AT, "--data", "web=web.ndjson", COLUMNS="40", TERM="xterm-256color")
    assert done.returncode == 0
    assert "\x1b" not in done.stdout
    row = next(line for line in done.stdout.splitlines() if line.startswith(" log (threshold met) #2"))
    assert row.rstrip().endswith("The action fired: its notification was queued.")


@pytest.mark.parametrize(("variables", "is_coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_colour_is_for_terminals_that_want_it(
    folder: Path, environment: dict[str, str], variables: dict[str, str], is_coloured: bool
) -> None:
    ours, theirs = pty.openpty()
    arguments = ["run", "rule.yml", "--at", AT, "--data", "web=web.ndjson"]
    program = subprocess.Popen(
        [sys.executable, "-m", "tocsin", *arguments],
        cwd=folder,
        env=environment | {"TERM": "xterm-256color"} | variables,
        stdout=theirs,
    )
    os.close(theirs)
    shown = b""
    while chunk := _read(ours):
        shown += chunk
    os.close(ours)
    assert program.wait(60) == 0
    assert b"notified" in shown
    assert (b"\x1b" in shown) is is_coloured


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""


def test_machine_output_is_alone_on_stdout(tocsin, folder: Path) -> None:
    (folder / "web.ndjson").write_text('{"@timestamp": "2026-01-15T10:04:00Z"}\nnonsense\n')
    arguments = ("run", "rule.yml", "--at", AT, "--data", "web=web.ndjson", "--send", "-o", "json")
    done = tocsin(*arguments, "--log-level", "debug")
    assert set(json.loads(done.stdout)) == {"version", "rules", "delivery"}
    assert "web.ndjson:2: " in done.stderr
    assert "info: tocsin.connectors.server_log: Server log: found" in done.stderr


def test_every_member_of_the_json_is_documented(tocsin) -> None:
    page = (Path(__file__).parents[2] / "docs" / "output.md").read_text(encoding="utf-8")
    run = tocsin("run", "rule.yml", "--at", AT, "--data", "web=web.ndjson", "--state", "s.db", "--send", "-o", "json")
    why = tocsin("why", "r", "--store", "s.db", "-o", "json")
    for shown in (json.loads(run.stdout), json.loads(why.stdout)):
        assert {name for name in _members(shown) if f"`{name}`" not in page} == set()


def _members(value: object) -> Iterator[str]:
    """The names of all members, but for those in what rules and connectors fill in."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from () if name in ("document", "facts", "params") else _members(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _members(inner)


def test_a_rule_over_data_that_nobody_named_is_told(tocsin) -> None:
    done = tocsin("run", "rule.yml", "--at", AT, "--data", "wbe=web.ndjson")
    assert done.returncode == 0
    assert "rule [r] searches index [web], of which there is no data (add --data web=FILES)" in done.stderr


def test_nothing_to_check_says_what_to_do(tocsin, folder: Path) -> None:
    checked = tocsin("check")
    assert (checked.returncode, checked.stdout) == (0, f"{folder}/tocsin.yml is valid, valid rules: 0, warnings: 0\n")
    (folder / "tocsin.yml").unlink()
    nothing = tocsin("check")
    assert nothing.returncode == 2
    assert "Nothing to check: name rule files or folders of them, or write a tocsin.yml here." in nothing.stderr


def test_one_mistake_is_told_once(tocsin, folder: Path) -> None:
    (folder / "tocsin.yml").write_text("connectors: {log: {name: log, connector_type_id: .server-lg}}\n")
    done = tocsin("check", "rule.yml")
    assert done.returncode == 2
    assert "[.server-lg] is no connector type (known are " in done.stderr
    assert "1 problem found" in done.stderr


def test_completion_for_a_shell(tocsin) -> None:
    script = tocsin(_TOCSIN_COMPLETE="bash_source")
    assert "complete" in script.stdout
    words = tocsin(_TOCSIN_COMPLETE="bash_complete", COMP_WORDS="tocsin run --fa", COMP_CWORD="2")
    assert words.stdout == "plain,--fail-on-alert\n"
