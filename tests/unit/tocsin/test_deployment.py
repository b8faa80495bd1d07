"""The service unit and the container file fit the program that they run."""

import configparser
import json
import re
import shlex
import tomllib
from pathlib import Path

import click
import pytest

from engine.model.errors import InvalidInput, StoreLocked
from engine.timing.durations import parse_duration
from tocsin.cli.app import tocsin
from tocsin.cli.options import Globals
from tocsin.daemon import GRACE_S, LAST_DOCUMENTS_S
from tocsin.files.config import find_config, load_config

ROOT = Path(__file__).parents[3]
CONFIG = Path("/etc/tocsin/tocsin.yml")
STORE = "/var/lib/tocsin/tocsin.db"
LONGEST_CLOSE_S = 10.0
"""What closing may take after the grace: late evaluations have five seconds, a checkpoint is quick."""


@pytest.fixture(scope="module")
def unit() -> configparser.SectionProxy:
    parser = configparser.RawConfigParser(strict=False, delimiters=("=",), comment_prefixes=("#",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(ROOT / "config" / "tocsin.service", encoding="utf-8")
    return parser["Service"]


@pytest.fixture(scope="module")
def containerfile() -> str:
    return (ROOT / "config" / "Containerfile").read_text(encoding="utf-8")


def _options_of_serve(arguments: list[str]) -> Globals:
    """The options that a command line gives the daemon. Raises click's errors."""
    verb, *rest = arguments
    assert verb == "serve"
    command, options = tocsin.get_command(click.Context(tocsin), verb), Globals()
    assert command is not None
    command.make_context(verb, rest, obj=options)
    return options


def test_what_they_start_exists_and_reads_the_settings_of_the_machine(
    unit: configparser.SectionProxy, containerfile: str
) -> None:
    [entry] = re.findall(r"^ENTRYPOINT (.*)$", containerfile, re.MULTILINE)
    [command] = re.findall(r"^CMD (.*)$", containerfile, re.MULTILINE)
    program, *arguments = shlex.split(unit["ExecStart"])
    assert Path(program).name == "tocsin"
    assert json.loads(entry) == ["tocsin"]
    for given in (arguments, json.loads(command)):
        assert _options_of_serve(given).config == CONFIG


def test_commands_of_the_operator_find_the_same_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(Path, "is_file", lambda path: path == CONFIG)
    assert find_config(environ={"HOME": str(tmp_path)}, folder=tmp_path) == CONFIG


def test_the_sample_loads_with_the_store_that_suits_both(
    unit: configparser.SectionProxy, containerfile: str, tmp_path: Path
) -> None:
    folder = str(Path(STORE).parent)
    assert folder in {f"/var/lib/{unit['StateDirectory']}", unit["WorkingDirectory"]}
    assert re.findall(r"^(?:VOLUME|WORKDIR) (.*)$", containerfile, re.MULTILINE) == [folder, folder]
    sample = (ROOT / "config" / "tocsin.yml").read_text(encoding="utf-8")
    assert f": {STORE}\nstore: tocsin.db\n" in sample
    (tmp_path / "tocsin.yml").write_text(sample.replace("store: tocsin.db", f"store: {STORE}"))
    loaded = load_config(tmp_path / "tocsin.yml")
    assert (loaded.problems, loaded.config.store) == ([], f"sqlite:///{STORE}")


def test_a_stop_is_given_the_time_that_it_takes(unit: configparser.SectionProxy, containerfile: str) -> None:
    limit = parse_duration(unit["TimeoutStopSec"]).total_seconds()
    assert limit > GRACE_S + LAST_DOCUMENTS_S + LONGEST_CLOSE_S
    assert f"--stop-timeout {limit:.0f}" in containerfile
    assert "KillSignal" not in unit
    assert re.findall(r"^STOPSIGNAL (.*)$", containerfile, re.MULTILINE) == ["SIGTERM"]


def test_what_a_restart_does_not_mend_is_not_restarted(unit: configparser.SectionProxy) -> None:
    prevented = {int(code) for code in unit["RestartPreventExitStatus"].split()}
    assert prevented == {InvalidInput.exit_code, StoreLocked.exit_code}


def test_the_daemon_is_waited_for_and_watched(unit: configparser.SectionProxy) -> None:
    assert unit["Type"] == "notify"
    assert unit["ExecReload"].startswith("/bin/kill -HUP ")
    assert parse_duration(unit["WatchdogSec"].replace("min", "m")).total_seconds() > 2 * GRACE_S


def test_the_image_holds_what_the_wheel_holds(containerfile: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert set(re.findall(r"^COPY (\w+) /source/", containerfile, re.MULTILINE)) == set(packages)
    versions = set(re.findall(r"^FROM docker.io/library/python:([0-9.]+)-slim", containerfile, re.MULTILINE))
    assert versions == {project["project"]["requires-python"].removeprefix(">=")}
