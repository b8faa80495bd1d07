"""A real OpenSearch node on loopback, made from Maven artifacts (pom.xml) and one class (Launcher.java).

`class_path` finds the jars, `start` runs the node. Maven is asked once: the class path is kept under ``build/`` as long
as the files that it names exist.
"""

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

HERE = Path(__file__).parent
_CACHE = HERE.parents[2] / "build" / "opensearch"
_FLAGS = ("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
"""Quick to start rather than quick to search."""
_RESOLVED_WITHIN_S = 600
_READY_WITHIN_S = 120
_ENDED_WITHIN_S = 5
_TEMPLATE = {"index_patterns": ["*"], "template": {"settings": {"number_of_shards": 1, "number_of_replicas": 0}}}


class NoArtifacts(Exception):
    """There can be no node on this machine; the text says what is missing."""


class NodeFailed(Exception):
    """The node did not start although everything is there; the text holds what it printed."""


def class_path() -> str:
    """The jars of the node. Raises NoArtifacts without Java, or where Maven cannot have them."""
    missing = [program for program in ("java", "javac") if shutil.which(program) is None]
    if missing:
        raise NoArtifacts(f"{' and '.join(missing)} not found: a JDK from version 17 is needed")
    pom = HERE / "pom.xml"
    kept = _CACHE / f"{hashlib.sha256(pom.read_bytes()).hexdigest()[:16]}.classpath"
    if kept.exists() and all(Path(jar).exists() for jar in kept.read_text().strip().split(os.pathsep)):
        return kept.read_text().strip()
    if shutil.which("mvn") is None:
        raise NoArtifacts("mvn not found: Maven is needed to have the jars of OpenSearch")
    _CACHE.mkdir(parents=True, exist_ok=True)
    fresh = kept.with_suffix(f".{os.getpid()}")
    try:
        _resolve(pom, fresh)
        fresh.replace(kept)
    finally:
        fresh.unlink(missing_ok=True)
    return kept.read_text().strip()


def _resolve(pom: Path, output: Path) -> None:
    """From the local repository if everything is there, else over the network."""
    goal = ("dependency:build-classpath", "-Dmdep.includeScope=runtime", f"-Dmdep.outputFile={output}")
    for offline in (("-o",), ()):
        command = ["mvn", "-q", "-B", *offline, "-f", str(pom), *goal]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=_RESOLVED_WITHIN_S, check=False)
        except subprocess.TimeoutExpired:
            raise NoArtifacts(f"Maven had not resolved the jars of OpenSearch after {_RESOLVED_WITHIN_S} s") from None
        if done.returncode == 0:
            return
    lines = [line for line in done.stdout.splitlines() if line.startswith("[ERROR]")] or [done.stderr]
    raise NoArtifacts(f"Maven cannot resolve the jars of OpenSearch: {lines[0][:300]}")


@contextmanager
def start(jars: str, *settings: str) -> Iterator[str]:
    """A node with an empty home, ready to be used: its URL. ``settings`` are ``key=value``. Raises NodeFailed."""
    in_memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with (
        tempfile.TemporaryDirectory(prefix="tocsin-opensearch-", dir=in_memory) as home,
        (Path(home) / "console.log").open("wb") as log,
    ):
        command = ["java", *_FLAGS, "-cp", jars, str(HERE / "Launcher.java"), home, *settings]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT)
        try:
            yield _await_ready(process, Path(home))
        finally:
            _end(process)


def _await_ready(process: "subprocess.Popen[bytes]", home: Path) -> str:
    ports, deadline = home / "logs" / "http.ports", time.monotonic() + _READY_WITHIN_S
    while process.poll() is None and time.monotonic() < deadline:
        if addresses := ports.read_text().split() if ports.exists() else []:
            url = f"http://{addresses[0]}"
            request("GET", f"{url}/_cluster/health?wait_for_status=yellow&timeout=60s")
            request("PUT", f"{url}/_index_template/tocsin-tests", _TEMPLATE)
            return url
        time.sleep(0.05)
    ending = (
        f"ended with code {process.returncode}"
        if process.poll() is not None
        else f"{_READY_WITHIN_S} s were not enough"
    )
    raise NodeFailed(
        f"OpenSearch did not start: {ending}\n{(home / 'console.log').read_text(errors='replace')[-4000:]}"
    )


def _end(process: "subprocess.Popen[bytes]") -> None:
    """The node ends when its input does; one that does not is killed."""
    assert process.stdin is not None
    with suppress(BrokenPipeError):
        process.stdin.close()
    try:
        process.wait(_ENDED_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def request(method: str, url: str, body: object = None) -> object:
    """The JSON answer to a request with a JSON body, or with lines of it when ``body`` is bytes.

    Raises AssertionError with the answer's text for an error status.
    """
    data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
    kind = "application/x-ndjson" if isinstance(body, bytes) else "application/json"
    asked = urllib.request.Request(url, data, {"content-type": kind}, method=method)
    try:
        with urllib.request.urlopen(asked, timeout=90) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            raise AssertionError(f"{method} {url}: {error.code} {error.read().decode(errors='replace')}") from None
