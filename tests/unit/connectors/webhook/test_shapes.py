"""Config, secrets and params of a webhook (connectors-core.md 8)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.webhook.connector_type import Webhook
from engine.model.errors import InvalidInput
from engine.model.jsonvalue import JsonObject
from engine.model.settings import HttpSettings

URL = "http://mylisteningserver.com:9200/endpoint"
OAUTH2 = {
    "authType": "webhook-oauth2-client-credentials",
    "accessTokenUrl": "https://token.example/oauth",
    "clientId": "client",
}


def validate(config: JsonObject, allowed_hosts: tuple[str, ...] = ("*",)) -> JsonObject:
    return Webhook().validate_config(config, HttpSettings(allowed_hosts=allowed_hosts))


def paths(error: InvalidInput) -> list[str]:
    return [problem.path for problem in error.problems]


def test_config_is_stored_with_its_defaults() -> None:
    assert validate({"url": URL}) == {"url": URL, "method": "post", "headers": None, "hasAuth": True}


@pytest.mark.parametrize("method", ["post", "put", "patch", "get", "delete"])
def test_each_method_is_taken(method: str) -> None:
    assert validate({"url": URL, "method": method})["method"] == method


@pytest.mark.parametrize(
    "config",
    [
        {"authType": None, "hasAuth": False, "headers": {}},
        {"authType": "webhook-authentication-basic", "headers": {"X-Key": "v"}},
        {"authType": "webhook-authentication-ssl", "certType": "ssl-crt-key", "ca": "Y2E=", "verificationMode": "none"},
        {**OAUTH2, "scope": "s", "additionalFields": '{"a": 1}'},
        {"additionalFields": None},
    ],
)
def test_what_is_given_is_kept(config: JsonObject) -> None:
    assert config.items() <= validate({"url": URL, **config}).items()


@pytest.mark.parametrize(
    ("config", "path"),
    [
        ({"url": None}, "url"),
        ({"url": "mylisteningserver"}, "url"),
        ({"url": "//h.example/"}, "url"),
        ({"method": "head"}, "method"),
        ({"method": "POST"}, "method"),
        ({"headers": {"X-Key": 1}}, "headers.X-Key"),
        ({"headers": [["X-Key", "v"]]}, "headers"),
        ({"headers": {"X-Key": "a\r\nX-Injected: b"}}, "headers.X-Key"),
        ({"headers": {"Content-Length": "3"}}, "headers.Content-Length"),
        ({"hasAuth": "true"}, "hasAuth"),
        ({"hasAuth": False, "authType": "webhook-authentication-basic"}, "authType"),
        ({"authType": "bearer"}, "authType"),
        ({"certType": None}, "certType"),
        ({"verificationMode": "lenient"}, "verificationMode"),
        ({"additionalFields": "no JSON"}, "additionalFields"),
        ({"additionalFields": "[1]"}, "additionalFields"),
        ({"additionalFields": "{}"}, "additionalFields"),
        ({**OAUTH2, "clientId": ""}, "clientId"),
        ({"authType": OAUTH2["authType"], "clientId": "c"}, "accessTokenUrl"),
        ({**OAUTH2, "accessTokenUrl": "no url"}, "accessTokenUrl"),
        ({"proxy": "x"}, "proxy"),
    ],
)
def test_config_that_cannot_work_is_refused(config: JsonObject, path: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        validate({"url": URL, **config})
    assert paths(caught.value) == [path]


def test_both_hosts_must_be_allowed() -> None:
    config = {"url": URL, **OAUTH2}
    assert validate(config, ("mylisteningserver.com", "token.example"))
    with pytest.raises(InvalidInput) as caught:
        validate(config, ("other.example",))
    assert paths(caught.value) == ["url", "accessTokenUrl"]


NO_SECRETS = dict.fromkeys(("user", "password", "crt", "key", "pfx", "clientSecret", "secretHeaders"))


@pytest.mark.parametrize(
    "secrets",
    [
        {},
        {"user": "bob", "password": "supersecret"},
        {"user": "", "password": ""},
        {"crt": "Y3J0", "key": "a2V5"},
        {"crt": "Y3J0", "key": "a2V5", "password": "p"},
        {"pfx": "cGZ4"},
        {"pfx": "cGZ4", "password": "p"},
        {"clientSecret": "s"},
        {"secretHeaders": {"X-Key": "v"}},
        {"user": "bob", "password": "p", "secretHeaders": {"X-Key": "v"}},
    ],
)
def test_one_kind_of_credentials_is_taken(secrets: JsonObject) -> None:
    assert Webhook().validate_secrets(secrets, HttpSettings()) == NO_SECRETS | secrets


@pytest.mark.parametrize(
    "secrets",
    [
        {"user": "bob"},
        {"password": "hush-hush"},
        {"crt": "hush-hush"},
        {"key": "hush-hush"},
        {"crt": "c", "key": "k", "user": "u", "password": "hush-hush"},
        {"crt": "c", "key": "k", "pfx": "hush-hush"},
        {"pfx": "hush-hush", "user": "u", "password": "p"},
        {"clientSecret": "hush-hush", "user": "u", "password": "p"},
        {"clientSecret": "hush-hush", "password": "p"},
        {"secretHeaders": {"X-Key": "hush-hush\n"}},
        {"secretHeaders": "hush-hush"},
        {"user": ["hush-hush"], "password": "p"},
        {"token": "hush-hush"},
    ],
)
def test_any_other_combination_is_refused_without_being_shown(secrets: JsonObject) -> None:
    with pytest.raises(InvalidInput, match=r"^((?!hush-hush).)*$"):
        Webhook().validate_secrets(secrets, HttpSettings())


def test_oauth_2_needs_the_secret_of_the_client() -> None:
    webhook, config = Webhook(), validate({"url": URL, **OAUTH2})
    webhook.validate_connector(config, webhook.validate_secrets({"clientSecret": "s"}, HttpSettings()))
    for secrets in ({}, {"clientSecret": ""}, {"user": "bob", "password": "p"}):
        with pytest.raises(InvalidInput) as caught:
            webhook.validate_connector(config, webhook.validate_secrets(secrets, HttpSettings()))
        assert paths(caught.value) == ["secrets.clientSecret"]


def test_pkcs_12_may_be_forbidden() -> None:
    config = {"url": URL, "certType": "ssl-pfx"}
    assert Webhook().validate_config(config, HttpSettings())["certType"] == "ssl-pfx"
    with pytest.raises(InvalidInput) as caught:
        Webhook().validate_config(config, HttpSettings(is_pfx_allowed=False))
    assert paths(caught.value) == ["certType"]


@pytest.mark.parametrize(("params", "stored"), [({}, {}), ({"body": ""}, {"body": ""}), ({"body": "b"}, {"body": "b"})])
def test_the_body_is_optional(params: JsonObject, stored: JsonObject) -> None:
    assert Webhook().validate_params(params) == stored


@pytest.mark.parametrize("params", [{"body": None}, {"body": {}}, {"text": "b"}])
def test_other_params_are_refused(params: JsonObject) -> None:
    with pytest.raises(InvalidInput):
        Webhook().validate_params(params)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
_MEMBERS = st.sampled_from(
    ["url", "method", "headers", "hasAuth", "authType", "additionalFields", "secretHeaders", "user"]
)


@given(st.dictionaries(_MEMBERS | st.text(max_size=5), _JSON, max_size=4), st.text().map("http://".__add__) | st.text())
def test_any_json_is_taken_or_refused(members: JsonObject, url: str) -> None:
    webhook = Webhook()
    for validate_part in (
        lambda: validate({"url": url, **members}, ("h.example",)),
        lambda: webhook.validate_secrets(members, HttpSettings()),
        lambda: webhook.validate_params(members),
    ):
        try:
            stored = validate_part()
        except InvalidInput:
            continue
        assert members.items() <= stored.items()
