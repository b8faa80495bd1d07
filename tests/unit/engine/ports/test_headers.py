"""Headers that a user configures cannot change how a request is framed."""

import pytest

from engine.ports.headers import find_header_problem


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Key", "v"),
        ("x-empty", ""),
        ("Host", "other.example"),
        ("X-Tab", "a\tb"),
        ("X-Name", "Zoë"),
        ("a!#$%&'*", "1"),
    ],
)
def test_an_ordinary_header_is_sent(name: str, value: str) -> None:
    assert find_header_problem(name, value) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Key", "secret\r\nX-Injected: 1"),
        ("X-Key", "secret\n"),
        ("X-Key", "secret\x00"),
        ("X-Key", "secret\ud800"),
        ("X-Key\r\nX-Injected", "secret"),
        ("X Key", "secret"),
        ("", "secret"),
        ("Ключ", "secret"),
        ("Content-Length", "secret"),
        ("transfer-encoding", "secret"),
    ],
)
def test_a_header_that_could_break_the_request_is_refused_without_its_value(name: str, value: str) -> None:
    problem = find_header_problem(name, value)
    assert problem is not None
    assert "secret" not in problem
