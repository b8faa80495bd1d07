"""What users do to connectors: checks, their order, what is stored (connector-framework.md 3, 4, 11)."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.server_log.connector_type import ServerLog
from connectors.webhook.connector_type import Webhook
from engine.model.connector import Connector
from engine.model.errors import Conflict, Forbidden, InvalidInput, NotFound, SecretsUnavailable, TocsinError
from engine.model.jsonvalue import JsonObject
from engine.model.settings import EngineSettings, HttpSettings
from engine.operations.connector_secrets import open_secrets
from engine.operations.connectors import ConnectorOperations
from engine.operations.rules import Rules
from engine.ports.registry import Registry
from engine.ports.store import ConnectorKey, StoredConnector
from engine.service.connector_directory import SpaceConnectors
from engine.service.connectors import PreconfiguredConnectors
from engine.store.sqlite import SqliteStore, open_store
from engine.vault.vault import AeadVault
from rule_types.builtin import builtin_rule_types

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = datetime(2026, 3, 1, 13, tzinfo=UTC)
VAULT = AeadVault(["a key for tests that is long enough"])
HOOK: JsonObject = {
    "name": "Hook",
    "connector_type_id": ".webhook",
    "config": {"url": "https://h.example/"},
    "secrets": {"user": "ann", "password": "hush-hush"},
}
CHANGES = {name: value for name, value in HOOK.items() if name != "connector_type_id"}
LOG: JsonObject = {"name": "Log", "connector_type_id": ".server-log"}


class SystemLog(ServerLog):
    """A system type, which nobody makes connectors of."""

    id = ".system-log"
    is_system_action = True


async def go_on() -> None:
    """Does not wait."""


@dataclass
class Bench:
    store: SqliteStore
    registry: Registry = field(default_factory=Registry)
    ids: int = 0

    def __post_init__(self) -> None:
        for connector_type in (Webhook(), ServerLog(), SystemLog()):
            self.registry.add_connector_type(connector_type)
        for rule_type in builtin_rule_types(None):
            self.registry.add_rule_type(rule_type)
        given = [
            Connector("given", "Given", ".server-log", is_preconfigured=True),
            Connector("system-connector-.system-log", "System", ".system-log", is_system_action=True),
        ]
        self.directory = SpaceConnectors(self.store, PreconfiguredConnectors(given))

    def operations(self, vault: AeadVault = VAULT, **settings: Any) -> ConnectorOperations:
        return ConnectorOperations(
            store=self.store,
            registry=self.registry,
            directory=self.directory,
            vault=vault,
            settings=EngineSettings(**settings),
            new_id=self._new_id,
            pause=go_on,
        )

    def _new_id(self) -> str:
        self.ids += 1
        return f"uuid-{self.ids}"

    async def create(self, body: JsonObject = HOOK, connector_id: str | None = "hook", **settings: Any) -> Connector:
        return await self.operations(**settings).create(body, connector_id=connector_id, at=AT, actor="ann")

    async def update(self, body: JsonObject = CHANGES, connector_id: str = "hook", **settings: Any) -> Connector:
        return await self.operations(**settings).update(connector_id, body, at=LATER, actor="bob")

    async def stored(self) -> StoredConnector:
        [found] = await self.store.connectors("default")
        return found

    async def add_rule(self, rule_id: str, connector_id: str = "hook") -> None:
        rules = Rules(
            store=self.store,
            registry=self.registry,
            connectors=self.directory,
            settings=EngineSettings(),
            new_id=self._new_id,
        )
        action = {"id": connector_id, "group": "query matched", "params": {"body": "x", "message": "x"}}
        body = {
            "name": f"Rule {rule_id}",
            "rule_type_id": ".es-query",
            "consumer": "alerts",
            "enabled": False,
            "schedule": {"interval": "1m"},
            "params": {
                "searchType": "esQuery",
                "esQuery": '{"query": {"match_all": {}}}',
                "index": ["logs"],
                "timeField": "@timestamp",
                "size": 1,
                "timeWindowSize": 1,
                "timeWindowUnit": "m",
                "threshold": [0],
                "thresholdComparator": ">",
            },
            "actions": [{**action, "frequency": {"summary": False, "notify_when": "onActiveAlert"}}],
        }
        await rules.create(body, rule_id=rule_id, at=AT, actor=None)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    store = open_store("sqlite://")
    await store.open()
    yield Bench(store)
    await store.close()


async def refusal(error: type[TocsinError], operation: Any) -> str:
    with pytest.raises(error) as caught:
        await operation
    return str(caught.value)


class TestCreate:
    async def test_the_validated_form_is_stored_and_the_secrets_sealed(self, bench: Bench) -> None:
        created = await bench.create()
        stored = await bench.stored()
        assert created == stored.connector
        assert (stored.version, stored.created_at, stored.updated_at) == (1, AT, AT)
        assert (stored.created_by, stored.updated_by) == ("ann", "ann")
        assert created.config == {"url": "https://h.example/", "method": "post", "headers": None, "hasAuth": True}
        assert created.secrets == {}
        assert b"hush" not in (created.sealed_secrets or b"")
        assert open_secrets(created, VAULT).secrets["password"] == "hush-hush"
        assert "hush" not in repr(created)

    async def test_without_an_id_it_gets_one(self, bench: Bench) -> None:
        assert (await bench.create(connector_id=None)).id == "uuid-1"

    async def test_the_same_id_in_two_spaces(self, bench: Bench) -> None:
        await bench.create()
        other = await bench.operations().create(HOOK, connector_id="hook", space="other", at=AT, actor=None)
        with pytest.raises(SecretsUnavailable):
            open_secrets(replace(other, space="default"), VAULT)
        assert open_secrets(other, VAULT).secrets["user"] == "ann"

    async def test_an_id_is_taken_once(self, bench: Bench) -> None:
        await bench.create()
        assert "hook" in await refusal(Conflict, bench.create(LOG))

    @pytest.mark.parametrize(
        ("changes", "path"),
        [
            ({"name": " "}, "name"),
            ({"name": 1}, "name"),
            ({"connector_type_id": ""}, "connector_type_id"),
            ({"connector_type_id": ".nothing"}, "connector_type_id"),
            ({"connector_type_id": ".system-log", "config": {}, "secrets": {}}, "connector_type_id"),
            ({"foo": 1}, "foo"),
            ({"config": None}, "config"),
            ({"config": {"url": " "}}, "config.url"),
            ({"config": {"url": "https://h.example/", "headers": {"x": ""}}}, "config.headers.x"),
            ({"config": {"url": "nowhere"}}, "config.url"),
            ({"secrets": {"user": "", "password": "p"}}, "secrets.user"),
            ({"secrets": "hush-hush"}, "secrets"),
            ({"secrets": {}}, "secrets"),
            ({"secrets": {"user": "ann"}}, "secrets"),
        ],
    )
    async def test_what_is_wrong_is_named_by_its_path(self, bench: Bench, changes: JsonObject, path: str) -> None:
        with pytest.raises(InvalidInput) as caught:
            await bench.create(HOOK | changes)
        assert caught.value.problems[0].path.startswith(path)
        assert "hush" not in str(caught.value)

    @pytest.mark.parametrize("connector_id", ["given", "system-connector-.system-log", "system-connector-.cases"])
    async def test_reserved_ids_are_refused(self, bench: Bench, connector_id: str) -> None:
        operations = bench.operations()
        await refusal(InvalidInput, bench.create(connector_id=connector_id))
        await refusal(InvalidInput, bench.create({**HOOK, "connector_type_id": ".nothing"}, connector_id))
        await refusal(InvalidInput, bench.update(connector_id=connector_id))
        await refusal(InvalidInput, operations.delete(connector_id, at=AT, actor=None))

    async def test_the_host_must_be_allowed(self, bench: Bench) -> None:
        assert "h.example" in await refusal(InvalidInput, bench.create(http=HttpSettings(allowed_hosts=("example",))))

    async def test_a_disabled_type_is_refused_after_wrong_secrets_and_before_a_taken_id(self, bench: Bench) -> None:
        await bench.create()
        only_log = (".server-log",)
        await refusal(InvalidInput, bench.create({**HOOK, "secrets": {}}, enabled_connector_types=only_log))
        assert ".webhook" in await refusal(Forbidden, bench.create(enabled_connector_types=only_log))
        await bench.create(LOG, "log", enabled_connector_types=only_log)

    async def test_without_a_key_nothing_is_stored(self, bench: Bench) -> None:
        assert "encryption key" in await refusal(SecretsUnavailable, bench.create(vault=AeadVault()))
        assert await bench.store.connectors("default") == []

    async def test_the_audit_knows_it_without_secrets(self, bench: Bench) -> None:
        await bench.create()
        await bench.update()
        await bench.operations().delete("hook", at=LATER, actor="eve")
        entries = await bench.store.audit("default")
        assert [(entry.operation, entry.object_kind, entry.object_id, entry.actor) for entry in entries] == [
            ("create", "connector", "hook", "ann"),
            ("update", "connector", "hook", "bob"),
            ("delete", "connector", "hook", "eve"),
        ]
        assert "hush" not in repr(entries)


class TestUpdate:
    async def test_everything_is_replaced(self, bench: Bench) -> None:
        await bench.create()
        changed = await bench.update({"name": "New", "config": {"url": "https://n.example/", "hasAuth": False}})
        stored = await bench.stored()
        assert (stored.connector, stored.version) == (changed, 2)
        assert (stored.created_by, stored.updated_by, stored.updated_at) == ("ann", "bob", LATER)
        assert (changed.name, changed.config["url"]) == ("New", "https://n.example/")
        assert open_secrets(changed, VAULT).secrets["password"] is None

    async def test_secrets_left_out_are_gone(self, bench: Bench) -> None:
        await bench.create()
        await refusal(InvalidInput, bench.update({"name": "n", "config": {"url": "https://h.example/"}}))
        assert (await bench.stored()).version == 1

    async def test_the_type_cannot_be_changed(self, bench: Bench) -> None:
        await bench.create()
        assert "connector_type_id" in await refusal(InvalidInput, bench.update(HOOK))

    async def test_it_gives_back_missing_secrets_and_drops_the_token(self, bench: Bench) -> None:
        imported = Connector("hook", "Hook", ".webhook", {}, is_missing_secrets=True)
        await bench.store.insert_connector(StoredConnector(imported, 1, AT, AT), None)
        await bench.store.put_access_token(ConnectorKey("default", "hook"), ".webhook", b"token")
        assert not (await bench.update()).is_missing_secrets
        assert await bench.store.access_token(ConnectorKey("default", "hook")) is None

    async def test_an_unknown_one_is_not_found_before_its_config_is_judged(self, bench: Bench) -> None:
        await refusal(InvalidInput, bench.update({"name": " "}, "nothing"))
        assert "[nothing]" in await refusal(NotFound, bench.update({"name": "n"}, "nothing"))

    async def test_one_of_a_disabled_type_stays_as_it_is(self, bench: Bench) -> None:
        created = await bench.create()
        await refusal(Forbidden, bench.update(enabled_connector_types=()))
        assert await bench.operations(enabled_connector_types=()).get("hook") == created

    @pytest.mark.parametrize(("others", "is_done"), [(2, True), (3, False)])
    async def test_two_faster_changes_are_waited_for(
        self, bench: Bench, monkeypatch: pytest.MonkeyPatch, others: int, is_done: bool
    ) -> None:
        await bench.create()
        write, left = bench.store.change_connector, others

        async def change_connector(mine: StoredConnector, version: int, audit: Any) -> bool:
            nonlocal left
            if left:
                left -= 1
                stored = await bench.stored()
                assert await write(replace(stored, version=stored.version + 1), stored.version, None)
            return await write(mine, version, audit)

        monkeypatch.setattr(bench.store, "change_connector", change_connector)
        if is_done:
            assert (await bench.update({**CHANGES, "name": "mine"})).name == "mine"
        else:
            await refusal(Conflict, bench.update())


class TestFind:
    async def test_all_but_system_ones_in_order_of_their_names(self, bench: Bench) -> None:
        for connector_id, name in (("1", "éa"), ("2", "Zoo"), ("3", "ea"), ("4", "hat")):
            await bench.create({**LOG, "name": name}, connector_id)
        await bench.add_rule("r1", "4")
        await bench.add_rule("r2", "given")
        await bench.add_rule("r3", "given")
        listed = await bench.operations().find()
        assert [(each.connector.name, each.referenced_by_count) for each in listed] == [
            ("ea", 0),
            ("éa", 0),
            ("Given", 2),
            ("hat", 1),
            ("Zoo", 0),
        ]
        everything = await bench.operations().find(with_system=True)
        assert len(everything) == len(listed) + 1

    async def test_each_is_found_in_its_space(self, bench: Bench) -> None:
        created = await bench.create()
        operations = bench.operations()
        assert await operations.get("hook") == created
        assert (await operations.get("given", space="other")).name == "Given"
        for connector_id, space in (
            ("hook", "other"),
            ("nothing", "default"),
            ("system-connector-.system-log", "default"),
        ):
            assert f"[{connector_id}]" in await refusal(NotFound, operations.get(connector_id, space=space))


class TestDelete:
    async def test_it_is_gone_with_its_token(self, bench: Bench) -> None:
        await bench.create()
        await bench.store.put_access_token(ConnectorKey("default", "hook"), ".webhook", b"token")
        await bench.operations().delete("hook", at=LATER, actor=None)
        assert await bench.store.access_token(ConnectorKey("default", "hook")) is None
        await refusal(NotFound, bench.operations().delete("hook", at=LATER, actor=None))

    async def test_rules_that_use_it_are_named(self, bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
        await bench.create()
        await bench.add_rule("r1")
        told = await refusal(Conflict, bench.operations().delete("hook", force=False, at=LATER, actor=None))
        assert "[r1] Rule r1" in told
        await bench.operations().delete("hook", at=LATER, actor=None)
        assert "[r1] Rule r1" in caplog.text
        assert await bench.store.connectors("default") == []

    async def test_one_that_no_rule_uses_needs_no_force(self, bench: Bench) -> None:
        await bench.create()
        await bench.operations().delete("hook", force=False, at=LATER, actor=None)
        assert await bench.store.connectors("default") == []


async def test_rules_are_judged_by_stored_connectors(bench: Bench) -> None:
    with pytest.raises(InvalidInput, match=r"\[hook\] does not exist"):
        await bench.add_rule("r1")
    await bench.create()
    await bench.add_rule("r1")
