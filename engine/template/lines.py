"""Lines of a template that leave nothing of themselves (templates.md 5, "Standalone lines")."""

from collections.abc import Sequence

from engine.template.tokens import WHITE_SPACE, Tag, Variable


def drop_silent_lines(texts: list[str], tags: Sequence[Tag]) -> None:
    """Cut out of the texts each line that holds white space and tags without output of their own, and nothing else.

    ``texts[i]`` stands before ``tags[i]``. The ending of the line goes too; tags do not count as text, so that one
    line reaches from the last line ending before a tag to the first one after it.
    """
    first = 0  # where the current line begins: in this text, after its last line ending
    has_silent_tag = has_output = False
    for number, text in enumerate(texts):
        line_ending = text.find("\n")
        if line_ending >= 0:
            if has_silent_tag and not has_output and not text[:line_ending].strip(WHITE_SPACE):
                _drop(texts, first, number, line_ending + 1)
            first = number
            has_silent_tag = False
            has_output = bool(text[text.rindex("\n") :].strip(WHITE_SPACE))
        elif text and not has_output:
            has_output = bool(text.strip(WHITE_SPACE))
        if number < len(tags):
            if type(tags[number]) is Variable:
                has_output = True
            else:
                has_silent_tag = True
    if has_silent_tag and not has_output:
        _drop(texts, first, len(texts) - 1, len(texts[-1]))


def _drop(texts: list[str], first: int, last: int, end: int) -> None:
    """Drop the line from the last line ending in the text ``first`` to the position ``end`` in the text ``last``."""
    texts[last] = texts[last][end:]
    texts[first:last] = [texts[first][: texts[first].rfind("\n") + 1], *[""] * (last - first - 1)]
