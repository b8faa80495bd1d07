"""Wildcard patterns as regular expressions that both RE2 and `re` understand."""


def wildcard_expression(pattern: str, one: str) -> str:
    """A regular expression of the wildcard pattern; ``one`` stands for any character."""
    parts = []
    position = 0
    while position < len(pattern):
        character = pattern[position]
        if character == "\\" and position + 1 < len(pattern):
            position += 1
            parts.append(escape_expression(pattern[position]))
        elif character == "*":
            if not parts or parts[-1] != f"{one}*":
                parts.append(f"{one}*")
        else:
            parts.append(one if character == "?" else escape_expression(character))
        position += 1
    return "".join(parts)


def escape_expression(text: str) -> str:
    """The text as a regular expression; what RE2 may not see escaped is left alone."""
    return "".join(
        f"\\{c}" if c.isascii() and not c.isalnum() and c.isprintable() and c not in " _" else c for c in text
    )
