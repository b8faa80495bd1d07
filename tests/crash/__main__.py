"""``python -m tests.crash [--kills N] [--seed N]``: kill the daemon again and again, and check what it left.

Exit code 0: nothing lost, twice, out of order or wrong. Else 1; the store and all logs are kept then.
"""

import argparse
import asyncio
import random
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from tests.crash.laboratory import Laboratory
from tests.crash.report import print_report


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description="Kill the daemon; check what it left.")
    parser.add_argument("--kills", type=int, default=20, help="how often (default: 20)")
    parser.add_argument("--seed", type=int, help="of the truth and of the moments (default: a new one)")
    arguments = parser.parse_args()
    # Whatever ends this program ends the daemon, too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    seed = random.randrange(1_000_000) if arguments.seed is None else arguments.seed
    folder = Path(tempfile.mkdtemp(prefix="tocsin-crash-"))
    print(f"killing the daemon {arguments.kills} times; seed {seed}", flush=True)
    findings = asyncio.run(Laboratory(folder, seed).experiment(arguments.kills))
    print_report(findings)
    if findings.faults:
        print(f"the store and the logs are in {folder}; again with --seed {seed}")
        return 1
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
