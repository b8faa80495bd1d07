"""Text analysis (embedded-search.md 3)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.query import analysis
from engine.query.analysis import analyze, is_known_analyzer


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("snicker-snack!", ["snicker", "snack"]),
        ("foo.bar can't J.R.R", ["foo.bar", "can't", "j.r.r"]),
        ("3.14 10.0.0.1 1,000", ["3.14", "10.0.0.1", "1,000"]),
        ("web-001.prod", ["web", "001", "prod"]),
        ("error:timeout 10:30", ["error:timeout", "10", "30"]),
        ("v1 snake_case __ _a", ["v1", "snake_case", "_a"]),
        ("user@example.com", ["user", "example.com"]),
        ("/var/log", ["var", "log"]),
        ("end. Start", ["end", "start"]),
        ("東京 タワー", ["東", "京", "タワー"]),
        ("Größe, naïve e\u0301tude", ["größe", "naïve", "e\u0301tude"]),
        ("done 🎉!", ["done", "🎉"]),
        ("", []),
        ("x" * 600, ["x" * 255, "x" * 255, "x" * 90]),
    ],
)
def test_the_standard_analyser(text: str, tokens: list[str]) -> None:
    assert analyze(text, "standard") == tokens


@pytest.mark.parametrize(
    ("analyzer", "tokens"),
    [
        ("simple", ["the", "v", "quick"]),
        ("whitespace", ["The", "v1-Quick"]),
        ("keyword", ["The v1-Quick"]),
        ("stop", ["v", "quick"]),
    ],
)
def test_other_analysers(analyzer: str, tokens: list[str]) -> None:
    assert analyze("The v1-Quick", analyzer) == tokens


@given(st.text(alphabet="aB1 .,:;'_-/x", max_size=30))
def test_the_fast_way_gives_what_the_general_one_gives(text: str) -> None:
    general = [word for word in analysis._unicode_word().findall(text.lower()) if word.strip("_")]
    assert analyze(text, "standard") == general


@pytest.mark.parametrize(
    ("name", "is_known"), [("standard", True), ("keyword", True), ("english", False), ("", False), (None, False)]
)
def test_which_analysers_there_are(name: object, is_known: bool) -> None:
    assert is_known_analyzer(name) is is_known
