"""How the interpreter is set up where Tocsin owns the process; a library leaves it to its host."""

import gc
import sys

_COLLECT_EVERY = (20_000, 20, 50)
_SWITCH_INTERVAL_S = 0.0002


def tune_process() -> None:
    """Call it once at the start of a program.

    Runs make many objects that live for a moment and hold no cycles: looking for cycles after every 700 of them cost
    a run of 1,000 alerts a fifth of its time. The loop's thread has to get the interpreter lock back quickly from
    worker threads (MEASUREMENTS, "GIL convoy").
    """
    gc.set_threshold(*_COLLECT_EVERY)
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
