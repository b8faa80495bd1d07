"""How cases of the HTTP API say what they expect of an answer: each operator must be able to fail."""

import pytest

from tests.cases.adapters.rest_matching import check_json

FOUND = {
    "id": "r1",
    "copy": "r1",
    "name": "CPU load",
    "count": 3,
    "nothing": None,
    "tags": ["a", "b"],
    "rows": [{"id": ".x.y", "n": 1}, {"id": "z", "n": 2}],
}
SAVED = {"first": "r1", "other": "r2", "copy": "kept"}


@pytest.mark.parametrize(
    ("found", "path", "holds", "fails"),
    [
        (FOUND, "id", "r1", "r2"),
        (FOUND, "rows.1.n", 2, 1),
        (FOUND, "nothing", None, 0),
        (FOUND, "absent", {"$absent": True}, {"$absent": False}),
        (FOUND, "id", {"$absent": False}, {"$absent": True}),
        (FOUND, "count", {"$type": "number"}, {"$type": "string"}),
        (FOUND, "nothing", {"$type": ["string", "null"]}, {"$type": "object"}),
        (FOUND, "tags", {"$type": "array"}, {"$type": "boolean"}),
        (FOUND, "tags", {"$len": 2}, {"$len": 3}),
        (FOUND, "tags", {"$len": {"$gte": 2}}, {"$len": {"$gte": 3}}),
        (FOUND, "id", {"$regex": "^r[0-9]$"}, {"$regex": "^x"}),
        (FOUND, "name", {"$prefix": "CPU"}, {"$prefix": "load"}),
        (FOUND, "count", {"$in": [1, 3]}, {"$in": [1, 2]}),
        (FOUND, "count", {"$any": [{"$gte": 9}, 3]}, {"$any": [1, 2]}),
        (FOUND, "count", {"$ne": 4}, {"$ne": 3}),
        (FOUND, "count", {"$gte": 3}, {"$gte": 3.5}),
        (FOUND, "name", {"$contains": "load"}, {"$contains": "disk"}),
        (FOUND, "tags", {"$includes": "b"}, {"$includes": "c"}),
        (FOUND, "tags", {"$contains": ["b", "a"]}, {"$contains": ["b", "c"]}),
        (FOUND, "rows", {"$contains": {"id": "z"}}, {"$contains": {"id": "y"}}),
        (FOUND, "id", {"$same_as": "first"}, {"$same_as": "other"}),
        (FOUND, "id", {"$differs_from": "other"}, {"$differs_from": "first"}),
        (FOUND, "id", {"$differs_from": "name"}, {"$differs_from": "id"}),
        (FOUND, "id", {"$differs_from": "copy"}, {"$same_as": "copy"}),
        (FOUND["rows"], "$root", {"$len": 2}, {"$len": 1}),
        (FOUND["rows"], "$find:id=.x.y", {"id": ".x.y", "n": 1}, {"id": ".x.y"}),
        (FOUND["rows"], "$find:id=.x.y.n", 1, 2),
        (FOUND["rows"], "$find:id=no", {"$absent": True}, {"$any": True}),
        (FOUND["rows"], "0.id", {"$any": True}, {"$nonsense": 1}),
    ],
)
def test_an_expectation_holds_or_fails(found, path, holds, fails):
    check_json(found, {path: holds}, SAVED, "answer")
    with pytest.raises(AssertionError):
        check_json(found, {path: fails}, SAVED, "answer")


def test_what_is_missing_holds_for_nothing():
    for wanted in ("x", {"$type": "string"}, {"$any": True}, {"$ne": "x"}, {"$differs_from": "first"}):
        with pytest.raises(AssertionError, match="missing"):
            check_json(FOUND, {"absent": wanted}, SAVED, "answer")
