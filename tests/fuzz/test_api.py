"""A few seconds of what `make fuzz-api` does for ten minutes."""

from tests.fuzz.api import fuzz
from tests.fuzz.server import served

_SECONDS = 4


def test_made_up_requests_are_answered_as_the_document_says() -> None:
    with served() as server:
        outcome = fuzz(server, _SECONDS, seed=20260301, phases=("examples", "fuzzing", "stateful"), examples=1)
    assert outcome.calls.total() > 100
    assert not outcome.findings, "\n".join(outcome.findings)
