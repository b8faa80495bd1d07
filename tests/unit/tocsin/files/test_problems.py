"""How a finding in a file is shown."""

from pathlib import Path

import pytest

from tocsin.files.problems import FileProblem, render


def problem(
    line: int = 14, column: int = 7, excerpt: str = "      group: medium", remedy: str = "use high"
) -> FileProblem:
    return FileProblem(Path("rules/web.yml"), line, column, "actions.0.group", "is no group", remedy, excerpt)


def test_place_member_message_and_remedy_stand_above_the_source_line() -> None:
    assert render(problem()) == (
        "rules/web.yml:14:7: actions.0.group: is no group (use high)\n   14 |       group: medium\n      |       ^"
    )


@pytest.mark.parametrize("excerpt", ["", "   "])
def test_without_a_source_line_one_line_is_enough(excerpt: str) -> None:
    shown = render(problem(excerpt=excerpt, remedy=""))
    assert shown == "rules/web.yml:14:7: actions.0.group: is no group"


def test_the_caret_follows_tabs() -> None:
    assert render(problem(column=3, excerpt="\t\tgroup: x")).splitlines()[2] == "      | \t\t^"


def test_a_long_line_is_cut_around_the_column() -> None:
    excerpt = "a" * 500 + "WRONG" + "b" * 500
    _, source, caret = render(problem(column=501, excerpt=excerpt)).splitlines()
    assert len(source) < 200
    assert source[caret.index("^") :].startswith("WRONG")


def test_control_characters_do_not_reach_the_terminal() -> None:
    assert "\x1b" not in render(problem(excerpt="a\x1b[31mb"))


def test_a_second_finding_at_the_same_place_is_told_along() -> None:
    joined = problem().joined_with(problem())
    assert joined.message == "is no group; also: actions.0.group: is no group"
    assert joined.remedy == "use high"
