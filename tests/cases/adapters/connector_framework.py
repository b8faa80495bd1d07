"""Cases of connector_framework: each area has a function of its own; what is not HTTP stands in modules beside."""

from collections.abc import Callable, Mapping
from typing import Any

from tests.cases.adapters.framework_rest import check_rest
from tests.cases.adapters.framework_secrets import check_secrets, check_validation

Json = Any

AREAS: Mapping[str, Callable[[Json, Json], None]] = {
    "rest": check_rest,
    "secrets": check_secrets,
    "validation": check_validation,
}
"""What follows the dot in ``area`` -> checks ``given`` against ``expect``; AssertionError says what differs."""


def run_case(case: Json) -> None:
    """Run one case."""
    area = case["area"].removeprefix("connector_framework.")
    assert area in AREAS, f"unknown shape, area {area}"
    AREAS[area](case["given"], case["expect"])
