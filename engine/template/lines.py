"""Lines of a template that leave nothing of themselves (templates.md 5, "Standalone lines")."""

from collections.abc import Sequence

from engine.template.tokens import WHITE_SPACE, Tag, Variable


def drop_silent_lines(texts: list[str], tags: Sequence[Tag]) -> None:
    """Cut out of the texts each line that holds white space and tags without output of their own, and nothing else.

    ``texts[i]`` stands before ``tags[i]``. The ending of the line goes too; tags do not count as text, so that one
    line reaches from the last line ending before a tag to the first one after it.
    """
    line_start = 0  # the text that starts with a line: the first one, later the one that the last line was cut from
    seen = 0
    for number, tag in enumerate(tags):
        if number < seen or type(tag) is Variable:
            continue
        before, line_ending, indent = texts[number].rpartition("\n")
        if indent.strip(WHITE_SPACE) or not (line_ending or number == line_start):
            continue
        seen, end = _silent_until(texts, tags, number + 1)
        if end is not None:
            texts[number : seen + 1] = [before + line_ending, *[""] * (seen - number - 1), texts[seen][end:]]
            line_start = seen


def _silent_until(texts: list[str], tags: Sequence[Tag], number: int) -> tuple[int, int | None]:
    """The text, from this one on, in which the line ends, and the position where; None if it is not silent until there.

    Then the text is one before which no other silent line starts.
    """
    while (end := texts[number].find("\n")) < 0:
        if texts[number].strip(WHITE_SPACE) or (number < len(tags) and type(tags[number]) is Variable):
            return number, None
        if number == len(tags):
            return number, len(texts[number])
        number += 1
    return number, None if texts[number][:end].strip(WHITE_SPACE) else end + 1
