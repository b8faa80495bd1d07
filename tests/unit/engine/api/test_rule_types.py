"""Rule types, the framework's health, and the server's status (rest-api.md 4.7-4.9)."""

from typing import Any

import pytest

from engine.api import status
from engine.api.settings import ApiSettings
from engine.security.caller import ANYBODY, NOBODY, Caller


async def test_every_rule_type_is_shown_whole(served: Any) -> None:
    public = await served("GET", "/api/alerting/rule_types")
    internal = await served("GET", "/internal/alerting/_rule_types")
    assert public.json == internal.json
    shown = {each["id"]: each for each in public.json}
    assert set(shown) == {".es-query", ".index-threshold", ".geo-containment"}
    threshold = shown[".index-threshold"]
    assert threshold["action_groups"] == [
        {"id": "threshold met", "name": "Threshold met"},
        {"id": "recovered", "name": "Recovered"},
    ]
    assert threshold["recovery_action_group"] == threshold["action_groups"][-1]
    assert threshold["authorized_consumers"]["stackAlerts"] == {"read": True, "all": True}
    assert {"name", "description"} == set(threshold["action_variables"]["params"][0])
    assert threshold["action_variables"]["state"] == []
    assert (threshold["rule_task_timeout"], threshold["producer"], threshold["category"]) == (
        *("5m", "stackAlerts", "management"),
    )
    for each in shown.values():
        assert each["does_set_recovery_context"] is True
        assert each["has_alerts_mappings"] is True


async def test_health_is_that_of_the_newest_runs(served: Any, body: Any) -> None:
    health = (await served("GET", "/api/alerting/_health")).json
    assert health["is_sufficiently_secure"] is True
    now = {"status": "ok", "timestamp": "2026-03-01T12:00:00.000Z"}
    assert health["alerting_framework_health"] == {
        "decryption_health": now,
        "execution_health": now,
        "read_health": now,
    }
    await served.engine.add_documents("metrics", [{"@timestamp": "2026-03-01T11:59:00Z", "host": "a"}])
    await served.create("good")
    await served.create(
        "bad", params={**body()["params"], "termField": "host"}
    )  # text, which nothing can be grouped by
    await served.engine.run_due()
    after = (await served("GET", "/internal/alerting/_health")).json["alerting_framework_health"]
    assert {name: health["status"] for name, health in after.items()} == {
        "decryption_health": "ok",
        "execution_health": "warn",
        "read_health": "ok",
    }


@pytest.fixture
def ask(client: Any) -> Any:
    async def send(level: str, caller: Caller) -> Any:
        async def authenticate(headers: Any, peer: Any, *, is_open: bool) -> Caller:
            assert is_open
            return caller

        routes = status.routes(ApiSettings(name="here"), "uuid-1", lambda: level)  # type: ignore[arg-type,return-value]
        return await client(routes, authenticate=authenticate)("GET", "/api/status")

    return send


async def test_status_tells_the_version(ask: Any) -> None:
    answered = await ask("available", ANYBODY)
    assert answered.status == 200
    assert (answered.json["name"], answered.json["uuid"]) == ("here", "uuid-1")
    assert answered.json["version"]["number"] == "9.1.0"
    assert answered.json["version"]["build_flavor"] == "traditional"
    assert answered.json["status"]["overall"]["level"] == "available"


async def test_strangers_learn_the_level_alone(ask: Any) -> None:
    assert (await ask("degraded", NOBODY)).json == {"status": {"overall": {"level": "degraded"}}}


@pytest.mark.parametrize(
    ("level", "code"), [("available", 200), ("degraded", 200), ("unavailable", 503), ("critical", 503)]
)
async def test_what_is_not_there_answers_503(ask: Any, level: str, code: int) -> None:
    assert (await ask(level, ANYBODY)).status == code
