"""The HTTP API while rules run: 1,000 rules and 20 clients against the program in a process of its own.

What the clients do, and what they hold it to, stands in `benchmarks.rule_lives`. All rules are there at once, and are
changed, while each runs every minute. Each client asks for the next thing when the last is answered, so the API is
saturated by as many clients as there are.
"""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.observed import quantiles
from benchmarks.rule_lives import Lived, live

RULES = 1000
CLIENTS = 20
INTERVAL = "1m"
"""So 17 searches a second over a file: what runs cost by themselves is measured elsewhere."""
PAUSE_S = 0.0


async def measure(rules: int = RULES, clients: int = CLIENTS, pause_s: float = PAUSE_S) -> dict[str, str]:
    """``pause_s``: how long a client waits after each answer; without a pause the API is saturated.

    Raises AssertionError when a client was told something that was not so.
    """
    bodies = {f"rule-{at}": rule_body(INTERVAL) for at in range(rules)}
    with tempfile.TemporaryDirectory() as folder, _program(Path(folder)) as url:
        lived = await live(url, bodies, clients=clients, pause_s=pause_s)
        runs = _runs_counted(url)
    assert not lived.wrongs, lived.wrongs[:10]
    by_status = Counter[int]()
    for (_, status), count in lived.answers.items():
        by_status[status] += count
    # One of the two that create a rule is told that it is there.
    figures = {
        "lost updates": "none",
        "answers 5xx": str(sum(count for status, count in by_status.items() if status >= 500)),
        "answers 409 to changes, which were tried again": str(by_status[409] - rules),
        "runs meanwhile": runs,
    }
    return figures | _rates(lived) | _times(lived)


def _rates(lived: Lived) -> dict[str, str]:
    """How many requests were answered; to look at a rule is to wait until it has run, up to a minute."""
    return {
        f"stage {stage}": f"{requests} requests in {took_s:.1f} s, {requests / took_s:.0f}/s"
        for stage, (requests, took_s) in lived.stages.items()
    }


def _times(lived: Lived) -> dict[str, str]:
    by_operation = {"all operations": [one for times in lived.times_s.values() for one in times]}
    by_operation |= dict(sorted(lived.times_s.items()))
    return {
        f"{operation} p50 / p99 / max": quantiles([one * 1000 for one in times])
        for operation, times in by_operation.items()
    }


def _runs_counted(url: str) -> str:
    """What the program counted of its runs."""
    with urllib.request.urlopen(f"{url}/metrics", timeout=60) as answer:
        lines = answer.read().decode().splitlines()
    counted = {
        name: sum(float(line.split()[-1]) for line in lines if re.match(rf"{name}(\{{|\s)", line))
        for name in ("tocsin_rule_runs_total", "tocsin_rule_runs_missed_total")
    }
    return "{:.0f}, and {:.0f} slots missed".format(*counted.values())


def rule_body(interval: str) -> dict[str, Any]:
    """A rule that finds the same at each run of a day, in the index ``metrics`` of documents made now."""
    return {
        "name": "Always",
        "rule_type_id": ".index-threshold",
        "consumer": "alerts",
        "schedule": {"interval": interval},
        "params": {
            "index": ["metrics"],
            "timeField": "@timestamp",
            "timeWindowSize": 1,
            "timeWindowUnit": "d",
            "thresholdComparator": ">",
            "threshold": [0],
        },
    }


@contextmanager
def _program(folder: Path) -> Iterator[str]:
    """The running program; its URL."""
    document = {"@timestamp": datetime.now(UTC).isoformat()}
    (folder / "metrics.ndjson").write_text(json.dumps(document) + "\n")
    (folder / "tocsin.yml").write_text("data: {metrics: {files: [metrics.ndjson]}}\n")
    command = [sys.executable, "-m", "tocsin", "serve", "--listen", "127.0.0.1:0"]
    log = folder / "log"
    with log.open("w") as errors:
        environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1]), "HOME": str(folder)}
        process = subprocess.Popen(command, cwd=folder, stderr=errors, env=environment)
    try:
        yield _url_told(process, log)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def _url_told(process: "subprocess.Popen[bytes]", log: Path) -> str:
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        for line in log.read_text().splitlines():
            if "listening on http" in line:
                return "http" + line.partition("listening on http")[2].partition('"')[0]
        time.sleep(0.1)
    raise RuntimeError(f"the program did not start: {log.read_text()}")
