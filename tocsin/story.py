"""The story of a rule or an alert of a store, for the command line."""

from engine.model.errors import InvalidInput, Problem
from engine.operations.story import Story, tell_story
from engine.timing.durations import is_duration
from tocsin.stored import existing_store, find_rule


async def read_story(url: str, *, rule: str, alert: str | None, last: str | None) -> Story:
    """Read the story. ``rule`` is an id or a name. Raises InvalidInput, NotFound, StoreUnavailable."""
    if last is not None and not is_duration(last):
        raise InvalidInput([Problem("--last", f"{last!r} is no duration", "write it like 30m, 2h or 1d")])
    store = existing_store(url)
    await store.open()
    try:
        return await tell_story(store, (await find_rule(store, rule)).rule, alert=alert, last=last)
    finally:
        await store.close()
