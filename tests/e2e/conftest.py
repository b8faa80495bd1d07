"""Runs the real program, as a user would, in a folder of its own."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Program = Callable[..., "subprocess.CompletedProcess[str]"]


_FOREIGN = ("TOCSIN", "COV_", "NO_COLOR", "FORCE_COLOR", "PYTHONDONTWRITEBYTECODE")


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment without what decides anything; compiled modules are kept, as where a user has installed it."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    return clean | {"PYTHONPYCACHEPREFIX": str(tmp_path_factory.mktemp("compiled"))}


@pytest.fixture
def tocsin(tmp_path: Path, environment: dict[str, str]) -> Program:
    """``tocsin(*arguments, **variables)``: runs the program to its end, without the machine's own settings.

    ``stdout``: a file descriptor to write to instead of being captured.
    """

    def run(*arguments: object, stdout: int = subprocess.PIPE, **variables: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "tocsin", *map(str, arguments)],
            cwd=tmp_path,
            env=environment | {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)} | variables,
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
            timeout=120,
            check=False,
        )

    return run
