"""What a PagerDuty connector is configured with, and its params (connectors-core.md 7)."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from connectors.pagerduty.timestamp import read_timestamp
from connectors.shape import ObjectOrText, Shape, absent

DEFAULT_URL = "https://events.pagerduty.com/v2/enqueue"


def _check_timestamp(text: str) -> str:
    read_timestamp(text)
    return text


class Config(Shape):
    api_url: str | None = None

    @property
    def url(self) -> str:
        """Where events go."""
        return self.api_url or DEFAULT_URL


class Secrets(Shape):
    routing_key: str


class Link(Shape):
    href: str
    text: str


class Params(Shape):
    """An event; what is absent stays absent, so that PagerDuty's own defaults hold."""

    event_action: Literal["trigger", "resolve", "acknowledge"] = absent()
    dedup_key: Annotated[str, Field(max_length=255)] = absent()
    summary: Annotated[str, Field(max_length=1024)] = absent()
    severity: Literal["critical", "error", "warning", "info"] = absent()
    source: str = absent()
    component: str = absent()
    group: str = absent()
    class_: Annotated[str, Field(alias="class")] = absent()
    timestamp: Annotated[str, AfterValidator(_check_timestamp)] = absent()
    links: list[Link] = absent()
    custom_details: ObjectOrText = absent()

    @model_validator(mode="after")
    def _need_dedup_key(self) -> "Params":
        if self.event_action in ("resolve", "acknowledge") and not self.dedup_key:
            raise ValueError(f"dedupKey is required to {self.event_action}: give that of the trigger")
        return self
