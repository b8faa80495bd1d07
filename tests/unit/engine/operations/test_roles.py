"""Roles: what a body must be, and that it comes back as GET answers it (rest-api.md 7.1)."""

from datetime import UTC, datetime
from typing import Any

import pytest

from engine.model.errors import Conflict, InvalidInput, NotFound
from engine.operations.role_form import role_to_json
from engine.operations.roles import Roles

WHO: dict[str, Any] = {"at": datetime(2026, 3, 1, 12, tzinfo=UTC), "actor": "ann"}
WHOLE = {
    "description": "Grants everything",
    "metadata": {"version": 1, "team": {"lead": None}},
    "elasticsearch": {
        "cluster": ["monitor"],
        "indices": [
            {
                "names": ["logs-*"],
                "privileges": ["read"],
                "field_security": {"grant": ["*"], "except": ["secret"]},
                "query": '{"match": {"a": 1}}',
            },
            {"names": ["x"], "privileges": ["all"], "allow_restricted_indices": True},
        ],
        "remote_cluster": [{"clusters": ["far"], "privileges": ["monitor_enrich"]}],
        "remote_indices": [{"clusters": ["far"], "names": ["y"], "privileges": ["read"]}],
        "run_as": ["other"],
    },
    "kibana": [
        {"base": ["read"], "spaces": ["default"]},
        {"feature": {"stackAlerts": ["all"], "unknown_feature": ["minimal_read", "x"]}, "spaces": ["ops", "dev"]},
    ],
}
BARE: dict[str, Any] = {"elasticsearch": {}}


@pytest.fixture
def roles(world: Any) -> Roles:
    return Roles(world.store)


async def test_a_whole_role_comes_back_with_defaults_filled_in(roles: Roles) -> None:
    await roles.put("mine", WHOLE, **WHO)
    first, second = WHOLE["elasticsearch"]["indices"]  # type: ignore[index]
    [remote] = WHOLE["elasticsearch"]["remote_indices"]  # type: ignore[index]
    assert role_to_json(await roles.get("mine")) == {
        "name": "mine",
        "description": "Grants everything",
        "metadata": WHOLE["metadata"],
        "transient_metadata": {"enabled": True},
        "elasticsearch": {
            **WHOLE["elasticsearch"],  # type: ignore[dict-item]
            "indices": [{**first, "allow_restricted_indices": False}, second],
            "remote_indices": [{**remote, "allow_restricted_indices": False}],
        },
        "kibana": [
            {"base": ["read"], "feature": {}, "spaces": ["default"]},
            {
                "base": [],
                "feature": {"stackAlerts": ["all"], "unknown_feature": ["minimal_read", "x"]},
                "spaces": ["ops", "dev"],
            },
        ],
        "_transform_error": [],
        "_unrecognized_applications": [],
    }


async def test_a_bare_role_comes_back_with_empty_parts_and_no_description(roles: Roles) -> None:
    await roles.put("mine", {**BARE, "description": ""}, **WHO)
    assert role_to_json(await roles.get("mine")) == {
        "name": "mine",
        "metadata": {},
        "transient_metadata": {"enabled": True},
        "elasticsearch": {"cluster": [], "indices": [], "run_as": []},
        "kibana": [],
        "_transform_error": [],
        "_unrecognized_applications": [],
    }


async def test_what_is_shown_makes_the_same_role_again(roles: Roles) -> None:
    role = await roles.put("mine", WHOLE, **WHO)
    shown = role_to_json(role)
    body = {name: shown[name] for name in ("description", "metadata", "elasticsearch", "kibana")}
    assert await roles.put("mine", body, **WHO) == role


def kibana(*entries: dict[str, Any]) -> dict[str, Any]:
    return {**BARE, "kibana": list(entries)}


def indices(**members: Any) -> dict[str, Any]:
    return {"elasticsearch": {"indices": [{"names": ["a"], "privileges": ["read"], **members}]}}


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "elasticsearch"),
        ([], ""),
        ({**BARE, "extra": 1}, "extra"),
        ({"elasticsearch": {"extra": 1}}, "elasticsearch.extra"),
        ({"elasticsearch": {"cluster": "all"}}, "elasticsearch.cluster"),
        ({"elasticsearch": {"run_as": [1]}}, "elasticsearch.run_as.0"),
        ({**BARE, "description": "x" * 2049}, "description"),
        ({**BARE, "description": None}, "description"),
        ({**BARE, "metadata": {"_reserved": True}}, "metadata"),
        ({**BARE, "metadata": []}, "metadata"),
        (indices(names=[]), "elasticsearch.indices.0.names"),
        (indices(privileges=[]), "elasticsearch.indices.0.privileges"),
        (indices(privileges="read"), "elasticsearch.indices.0.privileges"),
        (indices(query={"match_all": {}}), "elasticsearch.indices.0.query"),
        (indices(field_security={"grants": []}), "elasticsearch.indices.0.field_security.grants"),
        (indices(clusters=["x"]), "elasticsearch.indices.0.clusters"),
        ({"elasticsearch": {"remote_cluster": [{"clusters": ["a"]}]}}, "elasticsearch.remote_cluster.0.privileges"),
        (
            {"elasticsearch": {"remote_indices": [{"names": ["a"], "privileges": ["read"]}]}},
            "elasticsearch.remote_indices.0.clusters",
        ),
        (kibana({"spaces": ["default"]}), "kibana.0"),
        (kibana({"base": [], "feature": {}}), "kibana.0"),
        (kibana({"feature": {"stackAlerts": []}}), "kibana.0"),
        (kibana({"base": ["all"], "feature": {"stackAlerts": []}}), "kibana.0"),
        (kibana({"base": ["write"]}), "kibana.0.base.0"),
        (kibana({"base": ["all"], "spaces": ["*", "default"]}), "kibana.0.spaces"),
        (kibana({"base": ["all"], "spaces": ["Upper"]}), "kibana.0.spaces"),
        (kibana({"base": ["all"], "spaces": []}), "kibana.0.spaces"),
        (kibana({"feature": {"a b": ["all"]}}), "kibana.0.feature.a b"),
        (kibana({"feature": {"a": ["a b"]}}), "kibana.0.feature.a.0"),
        (kibana({"base": ["all"], "space": "x"}), "kibana.0.space"),
        (kibana({"base": ["all"], "spaces": ["a", "a"]}), ""),
        (kibana({"base": ["all"], "spaces": ["a", "b"]}, {"base": ["read"], "spaces": ["b"]}), ""),
        (kibana({"base": ["all"]}, {"base": ["read"], "spaces": ["*"]}), ""),
    ],
)
async def test_bodies_that_are_no_role_are_refused_with_the_place(roles: Roles, body: Any, path: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        await roles.put("mine", body, **WHO)
    assert caught.value.problems[0].path == path
    with pytest.raises(NotFound):
        await roles.get("mine")


async def test_every_space_and_a_single_one_may_stand_in_two_entries(roles: Roles) -> None:
    role = await roles.put("mine", kibana({"base": ["read"]}, {"base": ["all"], "spaces": ["a"]}), **WHO)
    assert [entry.spaces for entry in role.kibana] == [("*",), ("a",)]


async def test_put_replaces_unless_only_creating_was_asked_for(roles: Roles, world: Any) -> None:
    await roles.put("mine", WHOLE, create_only=True, **WHO)
    with pytest.raises(Conflict):
        await roles.put("mine", BARE, create_only=True, **WHO)
    assert (await roles.get("mine")).description == "Grants everything"
    await roles.put("mine", BARE, **WHO)
    assert (await roles.get("mine")).description == ""
    await roles.delete("mine", **WHO)
    assert [entry.operation for entry in await world.store.audit("*")] == ["create", "update", "delete"]


async def test_built_in_roles_are_seen_and_left_alone(roles: Roles) -> None:
    await roles.put("beside", BARE, **WHO)
    assert [role.name for role in await roles.find()] == ["beside", "editor", "kibana_admin", "superuser", "viewer"]
    assert role_to_json(await roles.get("superuser"))["metadata"] == {"_reserved": True}
    for change in (roles.put("superuser", BARE, **WHO), roles.delete("viewer", **WHO)):
        with pytest.raises(InvalidInput, match="built in"):
            await change


async def test_unknown_roles_and_impossible_names_are_refused(roles: Roles) -> None:
    with pytest.raises(NotFound, match=r"role \[x\] not found"):
        await roles.get("x")
    with pytest.raises(NotFound):
        await roles.delete("x", **WHO)
    for name in ("", "x" * 1025):
        with pytest.raises(InvalidInput):
            await roles.put(name, BARE, **WHO)
    await roles.put("x" * 1024, BARE, **WHO)
