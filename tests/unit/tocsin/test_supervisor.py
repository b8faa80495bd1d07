"""What a supervisor hears of the daemon."""

import asyncio
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tocsin.supervisor import Supervisor


@pytest.fixture
def heard(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(10)
        yield listener


def test_it_is_told_where_the_environment_says(heard: socket.socket) -> None:
    Supervisor({"NOTIFY_SOCKET": heard.getsockname()}).tell("READY=1", "STATUS=serving 2 rules")
    assert heard.recv(1000) == b"READY=1\nSTATUS=serving 2 rules"


def test_an_address_may_lie_in_the_abstract_namespace() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(f"\0tocsin-test-{os.getpid()}")
        listener.settimeout(10)
        Supervisor({"NOTIFY_SOCKET": f"@tocsin-test-{os.getpid()}"}).tell("READY=1")
        assert listener.recv(1000) == b"READY=1"


def test_one_that_is_not_there_is_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    Supervisor({"NOTIFY_SOCKET": str(tmp_path / "nobody")}).tell("READY=1")
    assert "could not be told READY=1" in caplog.text


def test_without_one_nothing_is_told(caplog: pytest.LogCaptureFixture) -> None:
    Supervisor({}).tell("READY=1")
    assert caplog.text == ""


@pytest.mark.parametrize(
    ("environ", "watchdog_s"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "120000000"}, 120.0),
        ({"WATCHDOG_USEC": "120000000", "WATCHDOG_PID": str(os.getpid())}, 120.0),
        ({"WATCHDOG_USEC": "120000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
    ],
)
def test_whether_it_watches(environ: dict[str, str], watchdog_s: float | None) -> None:
    assert Supervisor(environ).watchdog_s == watchdog_s


async def test_it_hears_that_the_loop_turns_before_it_loses_patience(heard: socket.socket) -> None:
    supervisor = Supervisor({"NOTIFY_SOCKET": heard.getsockname(), "WATCHDOG_USEC": "20000"})
    telling = asyncio.create_task(supervisor.tell_alive())
    for _ in range(3):
        assert await asyncio.to_thread(heard.recv, 1000) == b"WATCHDOG=1"
    telling.cancel()


async def test_nobody_who_does_not_watch_is_told() -> None:
    await asyncio.wait_for(Supervisor({}).tell_alive(), 10)
