"""Runs the real program, as a user would, in a folder of its own."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Program = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def tocsin(tmp_path: Path) -> Program:
    """``tocsin(*arguments, **environment)``: runs the program to its end, without the machine's own settings."""

    def run(*arguments: object, **environment: str) -> "subprocess.CompletedProcess[str]":
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("TOCSIN", "COV_"))}
        return subprocess.run(
            [sys.executable, "-m", "tocsin", *map(str, arguments)],
            cwd=tmp_path,
            env=clean | {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)} | environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run
