"""What signals do to a process that has begun its work, and to one that has not."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

_DAEMON = """
import asyncio, sys
from tocsin.signals import Signals

async def main():
    signals = Signals()
    signals.listen(25.0)
    signals.is_working = sys.argv[1] == "working"
    print("ready", flush=True)
    await signals.hangup.wait()
    print("hangup", flush=True)
    await signals.stop.wait()
    print("stop", flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""

Daemon = Callable[[str], "subprocess.Popen[str]"]


@pytest.fixture
def daemon() -> Iterator[Daemon]:
    """Starts a process that listens, in a phase of its life; it is ready and has taken a hangup when this returns."""
    started: list[subprocess.Popen[str]] = []

    def start(phase: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen([sys.executable, "-c", _DAEMON, phase], stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert _said(process) == "ready"
        process.send_signal(signal.SIGHUP)
        assert _said(process) == "hangup"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def _said(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGINT])
def test_the_first_one_asks_for_the_end_and_the_second_is_the_end(daemon: Daemon, name: signal.Signals) -> None:
    process = daemon("working")
    process.send_signal(name)
    assert _said(process) == "stop"
    process.send_signal(name)
    assert process.wait(30) == 1


def test_before_anything_was_begun_the_first_one_is_the_end(daemon: Daemon) -> None:
    process = daemon("starting")
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
