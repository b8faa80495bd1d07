"""The signals of a daemon, as events."""

import asyncio
import logging
import os
import signal

_log = logging.getLogger("tocsin.daemon")


class Signals:
    """SIGTERM and SIGINT set ``stop``, a second one ends the process at once; SIGHUP sets ``hangup``.

    Until ``is_working`` is set nothing is under way that could be lost, so the first one ends the process, too: what
    is being read at a start may be long, and cannot be broken off in another way.
    """

    def __init__(self) -> None:
        self.stop, self.hangup = asyncio.Event(), asyncio.Event()
        self.is_working = False

    def listen(self, grace_s: float) -> None:
        """Take the signals from now on; ``grace_s`` is what is said to be left after one."""
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, self._end, grace_s)
        loop.add_signal_handler(signal.SIGHUP, self.hangup.set)

    def _end(self, grace_s: float) -> None:
        if not self.is_working:
            _log.info("ending before anything was begun")
            os._exit(0)
        if self.stop.is_set():
            _log.warning("a second signal: ending at once")
            os._exit(1)
        _log.info("ending: what is under way has %g s", grace_s)
        self.stop.set()
