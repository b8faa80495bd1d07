"""Tocsin: an alert-rule engine that speaks Kibana's alerting. Its public names, loaded when first used."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.model.errors import InvalidInput, NotFound, TocsinError
    from engine.service.clocks import CountingIds, ManualClock, SystemClock
    from tocsin.library import AsyncEngine
    from tocsin.synchronous import Engine

__version__ = "0.1.0"

__all__ = [
    "AsyncEngine",
    "CountingIds",
    "Engine",
    "InvalidInput",
    "ManualClock",
    "NotFound",
    "SystemClock",
    "TocsinError",
    "__version__",
]

_HOMES = {
    "AsyncEngine": "tocsin.library",
    "Engine": "tocsin.synchronous",
    "ManualClock": "engine.service.clocks",
    "SystemClock": "engine.service.clocks",
    "CountingIds": "engine.service.clocks",
    "InvalidInput": "engine.model.errors",
    "NotFound": "engine.model.errors",
    "TocsinError": "engine.model.errors",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'tocsin' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
