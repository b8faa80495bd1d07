"""Cases as every store keeps them."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from engine.model.case import AlertAttachment, Case, CaseComment, UserComment
from engine.ports.store import AuditEntry, Store

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
AUDIT = AuditEntry(NOON, "ann", "create", "case", "c", "default")


def case(**members: object) -> Case:
    return replace(Case("c", "title", "description", "cases", NOON), **members)  # type: ignore[arg-type]


def comment(comment_id: str = "1", **members: object) -> CaseComment:
    return replace(CaseComment(comment_id, UserComment("hello"), NOON), **members)  # type: ignore[arg-type]


ATTACHMENT = AlertAttachment(("a1", "a2"), ("i1", "i2"), "r", "rule")


@pytest.mark.parametrize(
    "members",
    [
        {},
        {
            "owner": "observability",
            "status": "closed",
            "severity": "critical",
            "tags": ("b", "a"),
            "sync_alerts": True,
            "created_by": "ann",
            "updated_at": NOON,
            "updated_by": "bob",
            "closed_at": NOON,
            "closed_by": "bob",
            "comments": (
                comment("2", created_by="ann", updated_at=NOON, updated_by="bob", version=4),
                comment("1", content=ATTACHMENT),
            ),
            "version": 3,
        },
    ],
)
async def test_a_case_comes_back_as_stored(store: Store, members: dict[str, object]) -> None:
    assert await store.insert_case(case(**members), AUDIT)
    assert await store.load_case("default", "c") == case(**members)
    assert len(await store.audit("default")) == 1


async def test_a_case_belongs_to_one_space(store: Store) -> None:
    assert await store.insert_case(case(comments=(comment(),)), None)
    assert not await store.insert_case(case(title="other", comments=(comment("2"),)), AUDIT)
    assert await store.load_case("other", "c") is None
    assert await store.insert_case(case(space="other"), None)
    assert await store.load_case("other", "c") == case(space="other")
    assert await store.load_case("default", "c") == case(comments=(comment(),))
    assert await store.audit("default") == []


async def test_a_case_is_changed_by_whoever_knows_the_version(store: Store) -> None:
    await store.insert_case(case(comments=(comment(),)), None)
    assert await store.change_case(case(status="closed", closed_at=NOON), 1, AUDIT)
    assert not await store.change_case(case(), 1, AUDIT)
    expected = case(status="closed", closed_at=NOON, version=2, comments=(comment(),))
    assert await store.load_case("default", "c") == expected
    assert len(await store.audit("default")) == 1


async def test_comments_are_added_in_order_with_the_case(store: Store) -> None:
    await store.insert_case(case(), None)
    assert await store.add_case_comment(case(updated_by="ann"), comment("z", content=ATTACHMENT), 1, None)
    assert not await store.add_case_comment(case(), comment("lost"), 1, None)
    assert await store.add_case_comment(case(), comment("a"), 2, AUDIT)
    found = await store.load_case("default", "c")
    assert found == case(version=3, comments=(comment("z", content=ATTACHMENT), comment("a")))
    assert found.alert_ids == {"a1", "a2"}
    assert len(await store.audit("default")) == 1
