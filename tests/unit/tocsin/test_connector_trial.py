"""Trying connectors: what would go out is shown without secrets and without effect; one execution is a real one."""

import logging
from pathlib import Path
from typing import Any

import orjson
import pytest

from connectors.builtin import builtin_connector_types
from engine.model.connector import ConnectorResult
from engine.model.errors import InvalidInput
from engine.model.jsonvalue import JsonObject
from engine.ports.connector import sends_only_requests
from tocsin.connector_trial import execute, load_connector, requests_of, validated_params

SECRET = "s3cret/with space"
SETTINGS = """\
http: {{allowed_hosts: [127.0.0.1], allowed_addresses: [127.0.0.0/8]}}
connectors:
  log: {{name: The log, connector_type_id: .server-log}}
  chat: {{name: Chat, connector_type_id: .slack, secrets: {{webhookUrl: "{url}/chat/${{env:TRIAL_SECRET}}"}}}}
  lacking: {{name: Lacking, connector_type_id: .slack, secrets: {{webhookUrl: "${{env:NOBODY_SET_THIS}}"}}}}
  pager: {{name: Pager, connector_type_id: .pagerduty, config: {{apiUrl: "{url}/pager"}},
          secrets: {{routingKey: "${{env:TRIAL_SECRET}}"}}}}
  hook: {{name: Hook, connector_type_id: .webhook, config: {{url: "{url}/hook"}},
         secrets: {{user: "${{env:TRIAL_USER}}", password: "${{env:TRIAL_SECRET}}"}}}}
  oauth: {{name: Hook, connector_type_id: .webhook, secrets: {{clientSecret: "${{env:TRIAL_SECRET}}"}},
          config: {{url: "{url}/hook", authType: webhook-oauth2-client-credentials, accessTokenUrl: "{url}/token",
                   clientId: tocsin}}}}
  documents: {{name: Documents, connector_type_id: .index, config: {{index: messages}}}}
"""


@pytest.fixture
def settings(tmp_path: Path, receiver: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TRIAL_SECRET", SECRET)
    monkeypatch.setenv("TRIAL_USER", "ann")
    file = tmp_path / "tocsin.yml"
    file.write_text(SETTINGS.format(url=receiver.url))
    return file


async def _requests(settings: Path, name: str, params: JsonObject) -> list[JsonObject] | None:
    session, connector = load_connector(settings, name)
    return await requests_of(session, connector, validated_params(session, connector, params))


async def _execute(settings: Path, name: str, params: JsonObject) -> ConnectorResult:
    session, connector = load_connector(settings, name)
    return await execute(session, connector, validated_params(session, connector, params))


async def test_requests_are_shown_and_not_sent(settings: Path, receiver: Any) -> None:
    assert await _requests(settings, "hook", {"body": '{"a": 1}'}) == [
        {
            "method": "POST",
            "url": f"{receiver.url}/hook",
            "headers": {"Content-Type": "application/json", "Authorization": "<redacted>"},
            "body": '{"a": 1}',
        }
    ]
    assert receiver.requests == []


@pytest.mark.parametrize(
    ("name", "params", "count"),
    [
        ("chat", {"message": "hello"}, 1),
        ("pager", {"eventAction": "trigger", "summary": "hello"}, 1),
        ("hook", {"body": "hello"}, 1),
        # The first one asks for a token, which the second one then has.
        ("oauth", {"body": "hello"}, 2),
    ],
)
async def test_no_secret_is_shown(settings: Path, receiver: Any, name: str, params: JsonObject, count: int) -> None:
    requests = await _requests(settings, name, params)
    assert requests is not None
    assert len(requests) == count
    assert "hello" in requests[-1]["body"]
    text = orjson.dumps(requests).decode()
    assert "<redacted>" in text
    assert not any(part in text for part in ("s3cret", "with space", "with+space", "with%20space", "unknown before"))
    assert receiver.requests == []


async def test_a_type_that_does_something_else_does_nothing(settings: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        assert await _requests(settings, "The Log", {"message": "hello"}) is None
        assert caplog.records == []
        assert (await _execute(settings, "log", {"message": "hello"})).is_ok
    assert caplog.messages == ["Server log: hello"]


def test_types_that_send_nothing_but_requests() -> None:
    types = builtin_connector_types()
    assert {known.id for known in types if sends_only_requests(known)} >= {".slack", ".pagerduty", ".webhook"}
    assert {known.id for known in types if not sends_only_requests(known)} >= {".server-log", ".index"}


@pytest.mark.parametrize(("status", "is_ok"), [(200, True), (400, False)])
async def test_an_execution_is_a_real_one_and_its_answer_holds_no_secret(
    settings: Path, receiver: Any, status: int, is_ok: bool
) -> None:
    receiver.answer("/hook", status, orjson.dumps({"you sent": SECRET}).decode())
    result = await _execute(settings, "hook", {"body": "hello"})
    [received] = receiver.requests
    assert (received.path, received.body) == ("/hook", b"hello")
    assert received.headers["Authorization"].startswith("Basic ")
    assert result.is_ok == is_ok
    assert "s3cret" not in repr(result)


async def test_documents_need_a_cluster_to_be_written_to(settings: Path) -> None:
    result = await _execute(settings, "documents", {"documents": [{"a": 1}]})
    assert (result.status, result.message) == ("error", "there is no data to write into")


def test_wrong_params_are_told_with_their_paths(settings: Path) -> None:
    with pytest.raises(InvalidInput, match=r"params\.message: is required"):
        validated_params(*load_connector(settings, "chat"), {})


def test_only_its_own_secrets_are_needed(settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert load_connector(settings, "pager")[1].secrets == {"routingKey": SECRET}
    with pytest.raises(SystemExit) as ended:
        load_connector(settings, "lacking")
    assert ended.value.code == 2
    assert "environment variable NOBODY_SET_THIS is not set" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "told"),
    [("nobody", "tocsin.yml has no connector 'nobody' .it has: log .The log."), ("HOOK", "give an id: hook, oauth")],
)
def test_connectors_that_cannot_be_told(settings: Path, text: str, told: str) -> None:
    if text == "HOOK":
        # An id goes before names.
        assert load_connector(settings, "hook")[1].id == "hook"
    with pytest.raises(InvalidInput, match=told):
        load_connector(settings, text)
