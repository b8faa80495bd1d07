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

from tests.fuzz.exemptions import exemption_of
from tests.fuzz.server import Served, served
from tests.fuzz.values import prepare

PHASES = ("examples", "coverage", "fuzzing", "stateful")
_LONGEST_ANSWER_S = 30
_SHOWN = 1500


@dataclass
class Outcome:
    """``calls`` by phase, ``exempt`` findings by reason, and what was found, each kind once with its count."""

    calls: Counter[str] = field(default_factory=Counter)
    exempt: Counter[str] = field(default_factory=Counter)
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
            self.exempt[row.reason] += 1
            return
        message = " ".join(failure.message.split())
        self.findings[f"{check}: {failure.operation}: {message}\n{_shown(interaction)}\n{answer[:_SHOWN]}"] += 1


def _shown(interaction: Any) -> str:
    if interaction is None:
        return ""
    request = interaction.request
    body = request.body or b""
    return f"{request.method} {request.uri} {bytes(body)[:_SHOWN].decode(errors='replace')}"


def fuzz(server: Served, seconds: int, seed: int, phases: Sequence[str] = PHASES, examples: int = 30) -> Outcome:
    """Make up requests until the time is over, ``examples`` of each operation at a time."""
    prepare()
    document = requests.get(f"{server.url}/openapi.json", timeout=30).json()
    config = SchemathesisConfig.from_dict(_settings(server, seconds, seed, phases, examples))
    outcome = Outcome()
    for event in schemathesis.engine.from_schema(schemathesis.openapi.from_dict(document, config=config)).execute():
        outcome.take(event)
    return outcome


def _settings(server: Served, seconds: int, seed: int, phases: Sequence[str], examples: int) -> dict[str, object]:
    enabled: Mapping[str, object] = {phase: {"enabled": phase in phases} for phase in PHASES}
    return {
        "seed": seed,
        "max-time": seconds,
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
        outcome = fuzz(server, options.seconds, options.seed)
    for finding, count in outcome.findings.most_common():
        print(f"--- {count} x {finding}\n")
    for reason, count in outcome.exempt.most_common():
        print(f"exempt: {count} x {reason}")
    calls = ", ".join(f"{phase} {count}" for phase, count in outcome.calls.items())
    print(f"{outcome.calls.total()} calls ({calls}): {outcome.findings.total()} findings")
    return 1 if outcome.findings else 0


if __name__ == "__main__":
    sys.exit(main())
