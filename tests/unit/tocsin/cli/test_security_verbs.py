"""``tocsin users``, ``keys`` and ``roles`` on a store: what they do, print and refuse; passwords are never shown."""

import base64
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from engine.model.errors import Conflict, InvalidInput, NotFound, StoreUnavailable, TocsinError
from tocsin.cli.app import tocsin
from tocsin.cli.options import Globals

PASSWORD = "correct horse"

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command in an empty folder, with this on standard input."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))

    def invoke(*words: str, stdin: str = "") -> Result:
        return CliRunner().invoke(tocsin, words, input=stdin, obj=Globals())

    return invoke


def done(result: Result) -> str:
    assert result.exit_code == 0, (result.output, result.exception)
    return result.stdout


def refused(result: Result, error: type[TocsinError], text: str) -> None:
    assert isinstance(result.exception, error), (result.output, result.exception)
    assert text in str(result.exception)


def as_json(result: Result) -> Any:
    return json.loads(done(result))


def test_users_from_the_first_to_the_last(run: Run, tmp_path: Path) -> None:
    assert done(run("users", "add", "ann", "--role", "superuser", stdin=PASSWORD)) == (
        "ann: added with the role superuser\n"
    )
    (tmp_path / "pw.txt").write_text(f"{PASSWORD}\r\nanother line\n")
    assert done(run("users", "add", "bob", "--password-file", "pw.txt")) == "bob: added with no role\n"
    assert done(run("users", "set-roles", "bob", "viewer", "editor")) == "bob: has the roles viewer, editor\n"
    assert done(run("users", "set-password", "bob", stdin="another secret\n")) == "bob: the password was replaced\n"
    assert done(run("users", "disable", "bob")) == "bob: is shut out\n"
    shown = as_json(run("users", "list", "-o", "json"))["users"]
    assert [(user["name"], user["roles"], user["enabled"]) for user in shown] == [
        ("ann", ["superuser"], True),
        ("bob", ["viewer", "editor"], False),
    ]
    assert "2 users" in done(run("users", "list"))
    assert done(run("users", "enable", "bob")) == "bob: may come in\n"
    assert done(run("users", "remove", "bob", "--yes")) == "bob: removed\n"
    assert done(run("users", "list")).endswith("1 user\n")
    content = (tmp_path / "tocsin.db").read_bytes()
    assert not any(secret in content for secret in (PASSWORD.encode(), b"another secret"))


def test_only_the_default_store_is_made_when_it_is_missing(run: Run, tmp_path: Path) -> None:
    for words in (("users", "list"), ("keys", "list"), ("roles", "list"), ("users", "add", "ann", "--store", "x.db")):
        refused(run(*words, stdin=PASSWORD), StoreUnavailable, "there is no store")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "stdin", "error", "text"),
    [
        (("users", "add", "bob"), "short", InvalidInput, "at least 8"),
        (("users", "add", "bob"), "", InvalidInput, "at least 8"),
        (("users", "add", "bob", "--password-file", "none.txt"), PASSWORD, InvalidInput, "none.txt cannot be read"),
        (("users", "add", "b:b"), PASSWORD, InvalidInput, "no user name"),
        (("users", "add", "bob", "--role", "viewr"), PASSWORD, InvalidInput, "did you mean viewer?"),
        (("users", "add", "ann"), PASSWORD, Conflict, "exists already"),
        (("users", "set-password", "bob"), PASSWORD, NotFound, "user [bob] not found"),
        (("users", "set-roles", "ann", "no"), "", InvalidInput, "there is no role [no]"),
        (("users", "remove", "bob"), "", NotFound, "user [bob] not found"),
        (("keys", "create", "ci", "--user", "bob"), "", NotFound, "user [bob] not found"),
        (("keys", "revoke", "x"), "", NotFound, "API key [x] not found"),
        (("roles", "get", "x"), "", NotFound, "role [x] not found"),
        (("roles", "delete", "viewer"), "", InvalidInput, "built in"),
    ],
)
def test_what_cannot_be_done_is_refused_and_nothing_else_is(
    run: Run, words: tuple[str, ...], stdin: str, error: type[TocsinError], text: str
) -> None:
    done(run("users", "add", "ann", stdin=PASSWORD))
    before = as_json(run("users", "list", "-o", "json"))
    refused(run(*words, stdin=stdin), error, text)
    assert as_json(run("users", "list", "-o", "json")) == before


def test_a_password_is_no_argument(run: Run) -> None:
    for words in (("users", "add", "ann", PASSWORD), ("users", "add", "ann", "--password", PASSWORD)):
        assert run(*words).exit_code == 2


def test_a_key_is_printed_once_and_alone(run: Run) -> None:
    done(run("users", "add", "ann", stdin=PASSWORD))
    made = run("keys", "create", "ci", "--user", "ann", "--expires", "90d")
    key_id, _, secret = base64.b64decode(done(made)).decode().partition(":")
    assert f"key [{key_id}] of ann" in made.stderr
    whole = as_json(run("keys", "create", "other", "--user", "ann", "-o", "json"))["key"]
    assert (whole["user"], whole["expires_at"]) == ("ann", None)
    listed = done(run("keys", "list")) + done(run("keys", "list", "--user", "ann", "-o", "json"))
    assert key_id in listed
    assert secret not in listed
    assert done(run("keys", "revoke", key_id)) == f"ci [{key_id}]: revoked\n"
    assert "other" in done(run("keys", "list"))
    assert done(run("users", "remove", "ann", "--yes")) == "ann: removed with 1 API key\n"
    assert done(run("keys", "list")) == "no API keys\n"
    assert run("keys", "create", "ci", "--user", "ann", "--expires", "soon").exit_code == 2


def test_roles_are_stored_from_files_and_shown_in_the_same_form(run: Run, tmp_path: Path) -> None:
    done(run("users", "add", "ann", stdin=PASSWORD))
    body = "description: On call\nelasticsearch: {}\nkibana:\n- feature: {stackAlerts: [all]}\n  spaces: [ops]\n"
    (tmp_path / "on-call.yml").write_text(body)
    assert done(run("roles", "put", "on-call", "on-call.yml")) == "on-call: stored\n"
    shown = done(run("roles", "get", "on-call"))
    assert done(run("roles", "put", "copy", "-", stdin=shown)) == "copy: stored\n"
    assert done(run("roles", "get", "copy")) == shown
    assert "stackAlerts" in shown
    assert as_json(run("roles", "get", "viewer", "-o", "json"))["role"]["kibana"][0]["base"] == ["read"]
    names = [role["name"] for role in as_json(run("roles", "list", "-o", "json"))["roles"]]
    assert names == ["copy", "editor", "kibana_admin", "on-call", "superuser", "viewer"]
    assert done(run("roles", "delete", "copy")) == "copy: deleted\n"
    assert "5 roles" in done(run("roles", "list"))


def test_a_mistake_in_a_role_is_shown_at_its_place(run: Run, tmp_path: Path) -> None:
    done(run("users", "add", "ann", stdin=PASSWORD))
    (tmp_path / "bad.yml").write_text("elasticsearch: {}\nkibana:\n- base: [write]\n")
    for file, place in (("bad.yml", "bad.yml:3:10: kibana.0.base.0"), ("missing.yml", "missing.yml:1:1")):
        result = run("roles", "put", "bad", file)
        assert result.exit_code == 2
        assert place in result.stderr
        assert "nothing was stored" in result.stderr


def test_what_operators_do_is_audited_under_their_name(run: Run, tmp_path: Path) -> None:
    done(run("users", "add", "ann", stdin=PASSWORD))
    with sqlite3.connect(tmp_path / "tocsin.db") as store:
        [(actor, operation, kind, name)] = store.execute("SELECT actor, operation, object_kind, object_id FROM audit")
    store.close()
    assert (operation, kind, name) == ("create", "user", "ann")
    assert actor
