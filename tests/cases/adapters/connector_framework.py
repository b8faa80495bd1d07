"""Cases of connector_framework: each area has a function of its own; what is not HTTP stands in modules beside."""

from collections.abc import Callable, Mapping
from typing import Any

from tests.cases.adapters.framework_config import check_config
from tests.cases.adapters.framework_execution import check_event_log, check_result
from tests.cases.adapters.framework_network import check_allowed_hosts, check_custom_hosts, check_proxy, check_tls
from tests.cases.adapters.framework_oauth import check_oauth_cache
from tests.cases.adapters.framework_queue import check_error_source, check_rate_limit, check_retry
from tests.cases.adapters.framework_rest import check_rest
from tests.cases.adapters.framework_secrets import check_secrets, check_validation
from tests.cases.adapters.framework_transport import check_transport

Json = Any

AREAS: Mapping[str, Callable[[Json, Json], None]] = {
    "allowed_hosts": check_allowed_hosts,
    "config": check_config,
    "custom_hosts": check_custom_hosts,
    "error_source": check_error_source,
    "event_log": check_event_log,
    "oauth_cache": check_oauth_cache,
    "proxy": check_proxy,
    "rate_limit": check_rate_limit,
    "rest": check_rest,
    "result": check_result,
    "retry": check_retry,
    "secrets": check_secrets,
    "tls": check_tls,
    "transport": check_transport,
    "validation": check_validation,
}
"""What follows the dot in ``area`` -> checks ``given`` against ``expect``; AssertionError says what differs."""


def run_case(case: Json) -> None:
    """Run one case."""
    area = case["area"].removeprefix("connector_framework.")
    assert area in AREAS, f"unknown shape, area {area}"
    AREAS[area](case["given"], case["expect"])
