"""Index expressions: names, wildcards, exclusions, date math (embedded-search.md 11)."""

import re
from collections.abc import Iterable, Sequence

from engine.search.expressions import split_expressions
from engine.search.local.errors import answer, illegal, index_not_found
from engine.search.local.source_values import is_like
from engine.timing.dates import UTC_ZONE, date_format, parse_zone, resolve_date
from engine.timing.dates.format import DEFAULT_FORMAT

_DATE_MATH = re.compile(
    r"<(?P<head>[^{}<>]*)\{(?P<math>[^{}]+)(?:\{(?P<format>[^{}|]+)(?:\|(?P<zone>[^{}]+))?\})?\}(?P<tail>[^{}<>]*)>"
)
_FORBIDDEN = re.compile(r'[\\/*?"<>| ,#:]')


def check_index_name(name: str) -> None:
    """400 for names that index expressions could not mean."""
    if not name or name[0] in "-_+" or name in (".", "..") or _FORBIDDEN.search(name) or name != name.lower():
        reason = f'Invalid index name [{name}]: use lower case without blanks and without any of \\ / * ? " < > | , # :'
        raise answer(400, "invalid_index_name_exception", f"{reason}, not beginning with - _ +", index=name)


def resolve_indices(
    expressions: Sequence[str],
    known: Iterable[str],
    now: int,
    *,
    ignore_unavailable: bool,
    allow_no_indices: bool,
    include_hidden: bool = False,
) -> list[str]:
    """The names of the indices meant, in order, each once. Raises SearchError 404 or 400.

    ``include_hidden``: wildcards mean those that begin with a dot, too.
    """
    names = list(known)
    parts = split_expressions(expressions) or ["*"]
    found: dict[str, None] = {}
    had_wildcard = False
    for part in parts:
        if part.startswith("-") and had_wildcard:
            for name in [each for each in found if is_like(each, _name(part[1:], now))]:
                del found[name]
            continue
        name = _name(part, now)
        if name in ("_all", "*", "") or "*" in name:
            had_wildcard = True
            matching = _matching("*" if name in ("_all", "") else name, names, include_hidden)
            if not matching and not allow_no_indices:
                raise index_not_found(name)
            found.update(dict.fromkeys(matching))
        elif name in names:
            found[name] = None
        elif not ignore_unavailable:
            raise _missing(name)
    if not found and not allow_no_indices:
        raise index_not_found(",".join(parts))
    return list(found)


def _matching(pattern: str, names: Iterable[str], include_hidden: bool) -> list[str]:
    takes_dots = include_hidden or pattern.startswith(".")
    return [name for name in names if is_like(name, pattern) and (takes_dots or not name.startswith("."))]


def _missing(name: str) -> Exception:
    if ":" in name:
        cluster = name.partition(":")[0]
        return answer(404, "no_such_remote_cluster_exception", f"no such remote cluster: [{cluster}]")
    return index_not_found(name)


def _name(part: str, now: int) -> str:
    if not part.startswith("<"):
        return part
    match = _DATE_MATH.fullmatch(part)
    if match is None:
        raise illegal(f"invalid dynamic name expression [{part}]: write one like <logs-{{now/d}}>")
    try:
        zone = parse_zone(match["zone"]) if match["zone"] else UTC_ZONE
        instant = resolve_date(match["math"], date_format(DEFAULT_FORMAT), now=now, zone=zone)
        text = date_format(match["format"] or "yyyy.MM.dd").write(instant, zone)
    except ValueError as error:
        raise illegal(f"invalid dynamic name expression [{part}]: {error}") from error
    return f"{match['head']}{text}{match['tail']}"
