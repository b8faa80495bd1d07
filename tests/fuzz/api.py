"""Requests made up from our own OpenAPI document, against the whole API over a real socket: ``make fuzz-api``.

Held to all that schemathesis checks, in all its phases: examples, each keyword of each schema, requests that fit and
that do not, and operations one after another along the links. Ends with exit code 1 and what was answered wrongly.
"""

import argparse
import logging
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import requests
import schemathesis
import schemathesis.engine
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events

from tests.fuzz.exemptions import Exemption, exemption_of
from tests.fuzz.server import Served, served
from tests.fuzz.values import prepare

PHASES = ("examples", "coverage", "fuzzing", "stateful")
_LONGEST_ANSWER_S = 30
_SHOWN = 1500


@dataclass
class Outcome:
    """``calls`` by phase, ``exempt`` findings by row, and what was found, each kind once with its count."""

    calls: Counter[str] = field(default_factory=Counter)
    exempt: Counter[Exemption] = field(default_factory=Counter)
    findings: Counter[str] = field(default_factory=Counter)

    def take(self, event: events.EngineEvent) -> None:
        """Count what an event of the engine tells."""
        if isinstance(event, events.NonFatalError):
            self.findings[f"{event.label}: {event.value}"[:_SHOWN]] += 1
        if not isinstance(event, events.ScenarioFinished):
            return
        recorder = event.recorder
        self.calls[event.phase.value] += len(recorder.interactions)
        for case_id, checks in recorder.checks.items():
            for check in checks:
                if check.failure_info is not None:
                    self._take_failure(check.name, check.failure_info.failure, recorder.interactions.get(case_id))

    def _take_failure(self, check: str, failure: Any, interaction: Any) -> None:
        response = None if interaction is None else interaction.response
        answer = "" if response is None else response.content.decode(errors="replace")
        row = exemption_of(check, failure.operation, answer)
        if row is not None:
            self.exempt[row] += 1
            return
        message = " ".join(failure.message.split())
        self.findings[f"{check}: {failure.operation}: {message}\n{_shown(interaction)}\n{answer[:_SHOWN]}"] += 1


def _shown(interaction: Any) -> str:
    if interaction is None:
        return ""
    request = interaction.request
    body = request.body or b""
    return f"{request.method} {request.uri} {bytes(body)[:_SHOWN].decode(errors='replace')}"


def fuzz_long(server: Served, seconds: int, seed: int) -> Outcome:
    """Make up requests of all operations in all phases until the time is over."""
    return _outcome(server, {"max-time": seconds, **_settings(server, seed, PHASES, examples=30)}, paths="")


def fuzz_once(server: Served, seed: int, paths: str) -> Outcome:
    """Make up two requests of each operation below these paths (a regular expression): the same ones each time."""
    return _outcome(server, _settings(server, seed, ["fuzzing"], examples=1), paths)


def _outcome(server: Served, settings: dict[str, object], paths: str) -> Outcome:
    prepare()
    document = requests.get(f"{server.url}/openapi.json", timeout=30).json()
    schema = schemathesis.openapi.from_dict(document, config=SchemathesisConfig.from_dict(settings))
    outcome = Outcome()
    for event in schemathesis.engine.from_schema(schema.include(path_regex=paths)).execute():
        outcome.take(event)
    return outcome


def _settings(server: Served, seed: int, phases: Sequence[str], examples: int) -> dict[str, object]:
    enabled: Mapping[str, object] = {phase: {"enabled": phase in phases} for phase in PHASES}
    return {
        "seed": seed,
        "base-url": server.url,
        "headers": {"Authorization": server.authorization},
        "continue-on-failure": True,
        "cache": {"enabled": False},
        "suppress-health-check": ["all"],
        "generation": {"max-examples": examples, "database": ":memory:", "no-shrink": True},
        "checks": {"max_response_time": _LONGEST_ANSWER_S},
        "phases": enabled,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--seed", type=int, default=20260301)
    options = parser.parse_args()
    print(f"seed {options.seed}, {options.seconds} s", flush=True)
    # What the daemon logs of requests that it refuses is not what is looked for.
    logging.disable(logging.CRITICAL)
    with served() as server:
        outcome = fuzz_long(server, options.seconds, options.seed)
    for finding, count in outcome.findings.most_common():
        print(f"--- {count} x {finding}\n")
    for row, count in outcome.exempt.most_common():
        print(f"exempt: {count} x {row.check} of {row.operation or 'all'}: {row.reason}")
    calls = ", ".join(f"{phase} {count}" for phase, count in outcome.calls.items())
    print(f"{outcome.calls.total()} calls ({calls}): {outcome.findings.total()} findings")
    return 1 if outcome.findings else 0


if __name__ == "__main__":
    sys.exit(main())
