"""What the demo leaves in its folder: settings, rules, data views, made-up secrets and data."""

import shutil
from collections.abc import Iterable
from importlib.resources import as_file, files
from pathlib import Path

import orjson

from engine.model.errors import InvalidInput, Problem, StoreUnavailable
from engine.model.jsonvalue import JsonObject
from tocsin.demo import flights
from tocsin.demo.weblog import documents

SETTINGS, STORE = "tocsin.yml", "tocsin.db"
_NOBODY = "http://127.0.0.1:9"
"""The receiver's address in the shipped settings, which the demo replaces by that of its own."""
_MARK = "# Settings of tocsin demo"
"""The first words of its tocsin.yml, by which the demo knows a folder of its own again."""
_SLACK_ADDRESS, _PAGERDUTY_KEY = Path("secrets", "slack-address"), Path("secrets", "pagerduty-key")
_OVER_FLIGHTS = "flights.yml"
"""The rule that needs the data of the extra ``demo``."""


def prepare(folder: Path) -> int:
    """Everything but the store in its place; the number of requests in the web log.

    Raises InvalidInput if the folder holds other things, StoreUnavailable if it cannot be written to.
    """
    _refuse_foreign(folder)
    try:
        for leftover in folder.glob(f"{STORE}*"):
            leftover.unlink()
        _copy_samples(folder)
        _write_secrets(folder)
        _write_flights(folder)
        return _write_lines(folder / "web.ndjson", documents())
    except OSError as error:
        what = f"cannot write to {error.filename or folder}: {error.strerror}"
        raise StoreUnavailable(f"{what} (name another folder with --folder)") from error


def name_receiver(folder: Path, url: str) -> None:
    """Let the connectors post to the URL, which has no path."""
    for file in (folder / SETTINGS, folder / _SLACK_ADDRESS):
        file.write_text(file.read_text(encoding="utf-8").replace(_NOBODY, url), encoding="utf-8")


def _refuse_foreign(folder: Path) -> None:
    """Somebody else's files are not to be written over."""
    settings = folder / SETTINGS
    is_ours = settings.is_file() and settings.read_bytes().startswith(_MARK.encode())
    if not is_ours and folder.is_dir() and any(folder.iterdir()):
        remedy = "name a new folder with --folder, or one that an earlier demo left"
        raise InvalidInput([Problem(str(folder), "holds files that are not the demo's", remedy)])


def _copy_samples(folder: Path) -> None:
    """Settings, rules and data views in the demo's folder, those of an earlier demo replaced; the settings first.

    By them an interrupted demo is known as one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with as_file(files("tocsin.demo")) as package:
        shutil.copyfile(package / SETTINGS, folder / SETTINGS)
        for kind in ("rules", "data-views"):
            (folder / kind).mkdir(exist_ok=True)
            for sample in (package / kind).glob("*.yml"):
                shutil.copyfile(sample, folder / kind / sample.name)


def _write_secrets(folder: Path) -> None:
    """Secrets stand in files, since settings may only refer to them."""
    (folder / "secrets").mkdir(exist_ok=True)
    (folder / _SLACK_ADDRESS).write_text(f"{_NOBODY}/slack\n", encoding="utf-8")
    (folder / _PAGERDUTY_KEY).write_text("made-up\n", encoding="utf-8")


def _write_flights(folder: Path) -> None:
    """States and flights; without their data two empty indices, and no rule over them."""
    are_there = flights.are_installed()
    if not are_there:
        (folder / "rules" / _OVER_FLIGHTS).unlink()
    _write_lines(folder / "states.ndjson", flights.states() if are_there else ())
    _write_lines(folder / "flights.ndjson", flights.positions() if are_there else ())
    (folder / "states-mapping.json").write_bytes(orjson.dumps(flights.STATES_MAPPING))
    (folder / "flights-mapping.json").write_bytes(orjson.dumps(flights.FLIGHTS_MAPPING))


def _write_lines(file: Path, made: Iterable[JsonObject]) -> int:
    lines = [orjson.dumps(document) + b"\n" for document in made]
    file.write_bytes(b"".join(lines))
    return len(lines)
