"""``tocsin run`` over a cluster that takes searches and never answers them."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

RULE = """
name: Errors
rule_type_id: .index-threshold
consumer: alerts
schedule: {interval: 1m}
params: {index: web, timeField: "@timestamp", timeWindowSize: 5, timeWindowUnit: m,
         threshold: [1], thresholdComparator: ">"}
"""


class Silent(BaseHTTPRequestHandler):
    """Says what it is, and nothing more until the test is over."""

    is_over = threading.Event()

    def do_GET(self) -> None:
        body = json.dumps({"version": {"number": "9.0.0"}}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.is_over.wait()
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def cluster() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Silent) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        Silent.is_over.set()
        server.shutdown()
        thread.join()


def test_a_run_at_an_instant_ends_at_its_time_limit(tocsin, tmp_path: Path, cluster: str) -> None:
    (tmp_path / "rule.yml").write_text(RULE)
    (tmp_path / "tocsin.yml").write_text("runs: {timeout: 1s}\n")
    done = tocsin("run", "rule.yml", "--es", cluster, "--at", "2026-01-15T10:40:00Z", "--output", "json")
    [rule] = json.loads(done.stdout)["rules"]
    assert (rule["status"], rule["reason"], rule["alerts"]) == ("error", "timeout", [])
    assert "exceeded its time limit of 0:00:01" in rule["error"]
    assert done.returncode == 4
