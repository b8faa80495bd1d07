"""How a case's expectation is compared with what was found: as JSON, saying where it differs.

Numbers compare by value (1 = 1.0), never with booleans.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

Elements = Literal["subset", "exact"]
_MISSING = object()


def assert_equal(found: Any, expected: Any, where: str) -> None:
    """Found and expected are the same JSON; key order is free."""
    _raise(_differences(found, expected, where, is_exact=True))


def assert_subset(found: Any, expected: Any, where: str, *, elements: Elements = "subset") -> None:
    """Objects may hold more than expected; arrays have the same length, their elements compare as ``elements`` says."""
    _raise(_differences(found, expected, where, is_exact=False, elements=elements))


def assert_set(found: Iterable[Any], expected: Sequence[Any], where: str) -> None:
    """The same elements in any order; objects among them may hold more than expected."""
    rest, lacking = list(found), []
    for wanted in expected:
        index = next((at for at, one in enumerate(rest) if not _differences(one, wanted, "", is_exact=False)), None)
        if index is None:
            lacking.append(wanted)
        else:
            del rest[index]
    assert (lacking, rest) == ([], []), f"{where}: lacks {lacking!r}, has {rest!r} too many"


def assert_absent(found: Any, names: str | Iterable[str], where: str) -> None:
    """None of the keys exists: as a literal dotted key, or as a path through objects."""
    for name in [names] if isinstance(names, str) else names:
        value = _at(found, name)
        assert value is _MISSING, f"{where}: {name} must be absent, is {value!r}"


def assert_present(found: Any, names: Iterable[str], where: str) -> None:
    """All of the keys exist: as a literal dotted key, or as a path through objects."""
    for name in names:
        assert _at(found, name) is not _MISSING, f"{where}: {name} is missing"


def require_known(members: Mapping[str, Any], known: Iterable[str], where: str) -> None:
    """Every member is one that the caller compares or uses: an expectation that nobody reads would hold for nothing."""
    unknown = set(members) - set(known)
    assert not unknown, f"{where}: unknown shape, {sorted(unknown)}"


def _at(found: Any, name: str) -> Any:
    if isinstance(found, Mapping) and name in found:
        return found[name]
    for part in name.split("."):
        if not isinstance(found, Mapping) or part not in found:
            return _MISSING
        found = found[part]
    return found


def _raise(differences: list[str]) -> None:
    assert not differences, "; ".join(differences[:5])


def _differences(found: Any, expected: Any, where: str, *, is_exact: bool, elements: Elements = "subset") -> list[str]:
    if isinstance(expected, Mapping):
        if not isinstance(found, Mapping):
            return [f"{where}: expected an object, found {found!r}"]
        differences = [f"{where}.{key}: not expected" for key in found if is_exact and key not in expected]
        for key, value in expected.items():
            if key not in found:
                differences.append(f"{where}.{key}: missing, expected {value!r}")
            else:
                differences += _differences(found[key], value, f"{where}.{key}", is_exact=is_exact, elements=elements)
        return differences
    if isinstance(expected, list | tuple):
        if not isinstance(found, list | tuple) or len(found) != len(expected):
            return [f"{where}: expected {expected!r}, found {found!r}"]
        is_exact = is_exact or elements == "exact"
        return [
            difference
            for index, (one, value) in enumerate(zip(found, expected, strict=True))
            for difference in _differences(one, value, f"{where}.{index}", is_exact=is_exact, elements=elements)
        ]
    if isinstance(found, bool) is isinstance(expected, bool) and found == expected:
        return []
    return [f"{where}: expected {expected!r}, found {found!r}"]
