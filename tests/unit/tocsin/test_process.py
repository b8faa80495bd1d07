"""How the program sets up its process."""

import signal
import subprocess
import sys

_FIRST_OF_A_CONTAINER = """
import signal, sys, time
from tocsin.process import end_on_sigterm
signal.signal(signal.SIGTERM, signal.SIG_IGN)
end_on_sigterm()
print("ready", flush=True)
time.sleep(60)
"""


def test_sigterm_ends_a_process_that_would_ignore_it() -> None:
    process = subprocess.Popen([sys.executable, "-c", _FIRST_OF_A_CONTAINER], stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 128 + signal.SIGTERM
    finally:
        process.kill()
        process.communicate()
