"""The lock of a process on a store's file."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.model.errors import StoreLocked, StoreUnavailable
from engine.store.lock import hold

HOLDER = """
import sys
from pathlib import Path
from engine.store.lock import hold
with hold(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_store_is_held_once(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with hold(path):
        with pytest.raises(StoreLocked, match=f"in use by process {os.getpid()}"), hold(path):
            pass
        with hold(tmp_path / "other.db"):
            pass
    with hold(path):
        pass


def test_the_lock_goes_when_the_block_fails(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), hold(tmp_path / "store.db"):
        raise RuntimeError
    with hold(tmp_path / "store.db"):
        pass


def test_it_goes_with_the_process_that_holds_it(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    command = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path.cwd()) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(StoreLocked, match=f"process {holder.pid}"), hold(path):
            pass
        holder.kill()
        holder.wait()
        with hold(path):
            pass


def test_a_directory_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="missing"), hold(tmp_path / "missing" / "store.db"):
        pass
