"""How the interpreter is set up where Tocsin owns the process; a library leaves it to its host."""

import atexit
import gc
import os
import signal
import sys

_COLLECT_EVERY = (200_000, 10, 20)
_SWITCH_INTERVAL_S = 0.0002


def tune_process() -> None:
    """Call it once at the start of a program.

    Loading makes many objects that all stay, and runs make many that live for a moment and hold no cycles: to look
    through them for garbage at every 700 costs a tenth of a start, and more than that of a run with 1,000 alerts. A
    thousand runs under way are 50,000 objects: none of them is to be looked through while it is in use. The loop's
    thread must get the interpreter lock back quickly from worker threads (MEASUREMENTS, "The GIL convoy"). At
    the end the interpreter looks through everything once more, which takes a fifth of a short command: it is told that
    nothing of it is garbage.
    """
    gc.set_threshold(*_COLLECT_EVERY)
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    atexit.register(gc.freeze)
    if os.getpid() == 1:
        end_on_sigterm()


def end_on_sigterm() -> None:
    """Let SIGTERM end the process, as it ends any other. The first one of a container ignores what it does not handle.

    Without this, a container that is stopped while it starts is killed only when its stop time is over.
    """
    signal.signal(signal.SIGTERM, lambda *_: os._exit(128 + signal.SIGTERM))
