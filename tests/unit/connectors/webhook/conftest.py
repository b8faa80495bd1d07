"""A webhook on the bench."""

from collections.abc import Callable
from typing import Any

import pytest

from connectors.webhook.connector_type import Webhook


@pytest.fixture
def bench(make_bench: Callable[..., Any]) -> Any:
    return make_bench(Webhook(), config={"url": "https://abc.def/my-webhook"})
