"""What the supervisor that started the daemon is told, in the protocol of systemd's notification socket."""

import asyncio
import logging
import os
import socket
from collections.abc import Mapping

_log = logging.getLogger("tocsin.daemon")


class Supervisor:
    """The one that ``$NOTIFY_SOCKET`` names; without one nothing is told.

    ``watchdog_s``: it takes a daemon that was silent for so long for stuck; None = it does not watch.
    """

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._address = environ.get("NOTIFY_SOCKET", "")
        is_watched = environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        watchdog_us = environ.get("WATCHDOG_USEC", "") if is_watched else ""
        self.watchdog_s = int(watchdog_us) / 1e6 if watchdog_us.isdecimal() and int(watchdog_us) else None

    def tell(self, *assignments: str) -> None:
        """Tell it ``NAME=value`` texts. One that cannot be reached is logged: the daemon works without it."""
        if not self._address:
            return
        # An address that begins with @ lies in the abstract namespace, which sockets write as a zero byte.
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as connection:
                connection.setblocking(False)
                connection.sendto("\n".join(assignments).encode(), address)
        except OSError as error:
            _log.warning("the supervisor could not be told %s: %s", assignments[0], error)

    async def tell_alive(self) -> None:
        """Tell it, for as long as the event loop turns, twice in the time after which it would lose patience."""
        while self.watchdog_s is not None:
            self.tell("WATCHDOG=1")
            await asyncio.sleep(self.watchdog_s / 2)
