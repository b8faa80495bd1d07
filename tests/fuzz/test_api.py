"""Some requests of those that `make fuzz-api` makes up for ten minutes: each time the same ones."""

from tests.fuzz.api import fuzz_once
from tests.fuzz.server import served


def test_made_up_requests_are_answered_as_the_document_says() -> None:
    with served() as server:
        outcome = fuzz_once(server, seed=20260301, paths="^/api/(alerting|actions|maintenance_window|security|cases)")
    assert outcome.calls.total() > 80
    assert not outcome.findings, "\n".join(outcome.findings)
