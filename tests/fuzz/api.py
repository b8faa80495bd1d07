"""Requests made up from our own OpenAPI document, against the whole API over a real socket: ``make fuzz-api``.

Held to what the document promises: no server error, statuses and bodies as described, whether requests fit their
schemas or not. Ends with exit code 1 and the requests that were answered wrongly.
"""

import argparse
import asyncio
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from typing import Any

import hypothesis
import requests
import schemathesis
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from engine.api.address import Address
from engine.service.clocks import SystemClock
from engine.service.scheduler import Scheduler
from engine.store.sqlite import SqliteStore
from tocsin.api_service import start_api
from tocsin.files.api_section import ApiOptions
from tocsin.library import AsyncEngine

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
XSRF = {"kbn-xsrf": "true"}
_START_S = 30.0


@contextmanager
def served() -> Iterator[str]:
    """The API beside a scheduler that runs the rules, with a store in memory and a connector ``log``; its URL."""
    urls: list[str] = []
    is_up, stop = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        async with AsyncEngine(clock=SystemClock()) as engine:
            engine.add_connector("log", ".server-log")
            parts = engine.parts
            assert isinstance(parts.store, SqliteStore)
            scheduler = Scheduler(parts.service, parts.clock, change_counter=parts.store.change_counter)
            options = ApiOptions(Address("127.0.0.1", 0))
            server = await start_api(parts, options, lambda: scheduler.notice(parts.clock.now()))
            urls.append(server.url)
            is_up.set()
            await scheduler.run(stop, grace_s=5)
            await server.stop(5)

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    assert is_up.wait(_START_S)
    _wait_until_ready(urls[0])
    try:
        yield urls[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(_START_S)
        loop.close()


def _wait_until_ready(url: str) -> None:
    end = time.monotonic() + _START_S
    while requests.get(f"{url}/-/ready", timeout=_START_S).status_code != HTTPStatus.OK:
        assert time.monotonic() < end, "no tick has ended"
        time.sleep(0.05)


def fuzz(url: str, seconds: float, seed: int) -> Counter[str]:
    """Go through all operations again and again until the time is over; each kind of failure with its count."""
    document = requests.get(f"{url}/openapi.json", timeout=30).json()
    schema = schemathesis.openapi.from_dict(document)
    end, failures, turn = time.monotonic() + seconds, Counter[str](), 0
    while time.monotonic() < end:
        operations = list(schema.get_all_operations())
        random.Random(seed + turn).shuffle(operations)
        for operation in operations:
            if time.monotonic() >= end:
                break
            for mode in MODES:
                _try(operation.ok(), url, failures, seed + turn, mode)
        turn += 1
    return failures


def _try(operation: Any, url: str, failures: Counter[str], seed: int, mode: GenerationMode) -> None:
    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=5,
        database=None,
        deadline=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
    def one(case: Any) -> None:
        try:
            case.call_and_validate(base_url=url, headers=XSRF, checks=CHECKS, timeout=30)
        except schemathesis.errors.SchemathesisError as error:
            failures[f"{operation.label}: {error}"] += 1
        except BaseExceptionGroup as group:
            for failed in group.exceptions:
                failures[f"{operation.label}: {type(failed).__name__}: {str(failed)[:1500]}"] += 1

    # Where everything fits the schema there is no request that does not.
    with suppress(hypothesis.errors.Unsatisfiable):
        one()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with served() as url:
        failures = fuzz(url, options.seconds, options.seed)
    for failure, count in failures.most_common():
        print(f"--- {count} x {failure}\n")
    print(f"{len(failures)} kinds of failures in {options.seconds:g} s")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
