"""A daemon that commands ask: whom they show what, and what they say of servers that are none or refuse."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from engine.model.errors import InvalidInput
from tocsin.cli.app import tocsin
from tocsin.cli.options import Globals
from tocsin.client import remote
from tocsin.client.api import Refused, path_of
from tocsin.client.credentials import authorization_of
from tocsin.client.opening import open_api
from tocsin.client.place import Credentials, ServerPlace
from tocsin.client.remote import ServerUnavailable

SPACES = "/api/spaces/space"
STATUS = "/api/status"


async def ask(url: str, path: str = SPACES, space: str = "default", credentials: Credentials | None = None) -> Any:
    async with open_api(ServerPlace(url, credentials or Credentials(), None, space)) as api:
        return await api.ask("GET", path)


@pytest.mark.parametrize(
    ("status", "body", "error", "said", "exit_code"),
    [
        (401, '{"message": "no"}', Refused, "does not let this command in: no (give --api-key-file", 2),
        (403, '{"message": "no"}', Refused, "refused it (403): no", 2),
        (404, '{"message": "rule [r] not found"}', Refused, "refused it (404): rule [r] not found", 2),
        (409, '{"message": "taken"}', Refused, "refused it (409): taken", 1),
        (429, '{"message": "slowly"}', Refused, "refused it (429): slowly", 1),
        (500, '{"message": "inside"}', Refused, "refused it (500): inside", 70),
        (503, '{"message": "not now"}', Refused, "refused it (503): not now", 3),
        (404, '{"message": "Not Found"}', ServerUnavailable, "is Kibana or another program: check the URL", 3),
        (404, "<html>", ServerUnavailable, "is no daemon of Tocsin (status 404, no JSON): check the URL", 3),
        (500, "[]", ServerUnavailable, "is no daemon of Tocsin", 3),
        (302, "", ServerUnavailable, "is no daemon of Tocsin", 3),
    ],
)
async def test_what_is_not_answered_is_told_with_what_to_do(
    receiver: Any, status: int, body: str, error: type[Exception], said: str, exit_code: int
) -> None:
    receiver.answer(SPACES, status, body)
    with pytest.raises(error) as raised:
        await ask(receiver.url)
    assert said in str(raised.value)
    assert getattr(raised.value, "exit_code", None) == exit_code
    assert getattr(raised.value, "http_status", status) == (status if error is Refused else 500)


@pytest.mark.parametrize(
    ("build", "said"),
    [
        ("tocsin-0.0.1", "(Tocsin 0.0.1) has no /api/spaces/space, which this command ("),
        ("8d1b0e", "is Kibana or another program: check the URL"),
    ],
)
async def test_another_version_or_program_is_told_apart(receiver: Any, build: str, said: str) -> None:
    receiver.answer(SPACES, 404, '{"message": "Not Found"}')
    receiver.answer(STATUS, 200, json.dumps({"version": {"build_hash": build}}))
    with pytest.raises((Refused, ServerUnavailable)) as raised:
        await ask(receiver.url)
    assert said in str(raised.value)


async def test_where_nothing_listens_that_is_told() -> None:
    with pytest.raises(ServerUnavailable, match=r"no daemon answers at http://127\.0\.0\.1:1: .*api\.listen"):
        await ask("http://127.0.0.1:1")


async def test_long_answers_are_not_read(receiver: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "MOST_BYTES", 10)
    receiver.answer(SPACES, 200, f'"{"x" * 100}"')
    with pytest.raises(ServerUnavailable, match="ask for less at once"):
        await ask(receiver.url)


async def test_what_is_sent(receiver: Any) -> None:
    path = path_of("/api/alerting/rule/{id}", id="../a b/ä?#%2F")
    receiver.answer("/s/ops/api/alerting/rule/../a b/ä?#%2F", 200, "{}")
    for each in (Credentials(api_key="a2V5"), Credentials(user="ann", password="pä ss")):
        async with open_api(ServerPlace(f"{receiver.url}/", each, None, "ops")) as api:
            await api.ask("PUT", path, query={"a": True, "b": ["x", "y"], "c": None}, body={"n": 1})
    key, user = receiver.requests
    assert key.path == "/s/ops/api/alerting/rule/..%2Fa%20b%2F%C3%A4%3F%23%252F?a=true&b=x&b=y"
    assert (key.headers["authorization"], key.headers["kbn-xsrf"], key.body) == ("ApiKey a2V5", "tocsin", b'{"n": 1}')
    assert user.headers["authorization"] == "Basic " + base64.b64encode("ann:pä ss".encode()).decode()


@pytest.mark.parametrize("content", [None, "", "bad\x00key"])
def test_a_file_without_a_secret_is_refused(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_text(content)
    with pytest.raises(InvalidInput, match="--api-key-file"):
        authorization_of(Credentials(api_key_file=file))
    with pytest.raises(InvalidInput, match="--password-file"):
        authorization_of(Credentials(user="ann", password_file=file))
    with pytest.raises(InvalidInput, match="TOCSIN_PASSWORD"):
        authorization_of(Credentials(user="ann"))


@pytest.mark.parametrize("key", ["", "two words", "schlüssel"])
def test_what_is_no_key_is_refused(key: str) -> None:
    with pytest.raises(InvalidInput, match="is no API key"):
        authorization_of(Credentials(api_key=key))


async def test_certificates_must_be_known(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    place = ServerPlace("https://127.0.0.1:1", Credentials(), tmp_path / "ca.pem", "default")
    with pytest.raises(InvalidInput, match="--ca-file"):
        async with open_api(place):
            pass


USAGE = [
    ("rules list --server http://h --store s.db", {}, "give --store or --server, not both"),
    ("rules list", {"TOCSIN_SERVER": "http://h", "TOCSIN_STORE": "s.db"}, "give --store or --server, not both"),
    ("rules list --server h:1", {}, "--server 'h:1' is no URL: write it like http://"),
    ("rules list --api-key x", {}, "--api-key goes with --server"),
    ("rules list --server http://h --api-key x --user u", {}, "give --api-key or --user, not both"),
    ("rules list --server http://h --password-file f", {}, "--password-file goes with --user"),
    ("users list --server http://h", {}, "kept in the store alone, so that --server has no effect"),
    ("keys list", {"TOCSIN_SERVER": "http://h"}, "so that TOCSIN_SERVER has no effect"),
    ("rotate-key --server http://h", {}, "secrets are sealed anew in the store itself"),
]


@pytest.mark.parametrize(("words", "variables", "said"), USAGE, ids=[f"{each[0]} {each[1]}" for each in USAGE])
def test_options_that_do_not_go_together(words: str, variables: dict[str, str], said: str) -> None:
    result = CliRunner(env={"TOCSIN_SERVER": None, "TOCSIN_STORE": None, **variables}).invoke(
        tocsin, words.split(), obj=Globals()
    )
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())


@pytest.mark.parametrize(
    ("words", "variables", "said"),
    [
        ("rules list --store nowhere.db", {"TOCSIN_SERVER": "http://127.0.0.1:1"}, "there is no store at"),
        ("users list --store nowhere.db", {"TOCSIN_SERVER": "http://127.0.0.1:1"}, "there is no store at"),
        ("rules list --server http://127.0.0.1:1", {"TOCSIN_STORE": "nowhere.db"}, "no daemon answers"),
        ("rules list --api-key x", {"TOCSIN_SERVER": "http://127.0.0.1:1", "TOCSIN_USER": "ann"}, "no daemon answers"),
    ],
)
def test_what_is_typed_counts_more_than_variables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str, variables: dict[str, str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner(env={"HOME": str(tmp_path), **variables}).invoke(tocsin, words.split(), obj=Globals())
    assert said in str(result.exception)
