"""A few seconds of what `make fuzz-api` does for ten minutes."""

from tests.fuzz.api import fuzz, served

_SECONDS = 6.0


def test_made_up_requests_are_answered_as_the_document_says() -> None:
    with served() as url:
        failures = fuzz(url, _SECONDS, seed=0)
    assert not failures, "\n".join(failures)
