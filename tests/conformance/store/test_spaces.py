"""Spaces, as every store keeps them."""

from datetime import UTC, datetime

from engine.model.case import Case
from engine.model.data_view import DataView
from engine.model.settings import SpaceSettings
from engine.model.space import Space
from engine.ports.store import AuditEntry, Store

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TEAM = Space("team", "Team", "What a team sees", "#AABBCC", "TM", "data:image/png;base64,", "oblt", ("ml", "apm"))


def audit(operation: str) -> AuditEntry:
    return AuditEntry(NOON, "ann", operation, "space", "team", "team")


async def test_a_space_comes_back_as_it_was_stored(store: Store) -> None:
    assert await store.spaces() == []
    assert await store.insert_space(TEAM, audit("create"))
    assert await store.insert_space(Space("a", "A"), None)
    assert await store.spaces() == [Space("a", "A"), TEAM]
    assert [entry.operation for entry in await store.audit("team")] == ["create"]


async def test_an_id_is_taken_once(store: Store) -> None:
    assert await store.insert_space(TEAM, None)
    assert not await store.insert_space(Space("team", "Other"), audit("create"))
    assert (await store.spaces(), await store.audit("team")) == ([TEAM], [])


async def test_a_space_is_replaced_as_a_whole(store: Store) -> None:
    await store.insert_space(TEAM, None)
    await store.put_space(Space("team", "Renamed"), audit("update"))
    assert await store.spaces() == [Space("team", "Renamed")]


async def test_with_a_space_goes_what_belongs_to_it_and_nothing_else(store: Store) -> None:
    for space in ("team", "other"):
        await store.put_space(Space(space, space), None)
        await store.insert_case(Case("c", "title", "text", "cases", NOON, space=space), None)
        await store.insert_data_view(DataView("v", "logs", "logs", space=space), None)
        await store.put_space_settings(space, SpaceSettings(query_delay_s=7), None)
    assert await store.delete_space("team", audit("delete"))
    assert not await store.delete_space("team", audit("delete"))
    assert [space.id for space in await store.spaces()] == ["other"]
    kept = {
        space: (
            await store.load_case(space, "c") is not None,
            len(await store.data_views(space)),
            (await store.space_settings(space)).query_delay_s,
        )
        for space in ("team", "other")
    }
    assert kept == {"team": (False, 0, 0), "other": (True, 1, 7)}
    assert [entry.operation for entry in await store.audit("team")] == ["delete"]
