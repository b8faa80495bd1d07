"""Settings as a kibana.yml has them: taken, refused, or left out with a warning (connector-framework.md 6, 9, 10)."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.model.errors import InvalidInput
from engine.model.settings import (
    AttemptSettings,
    BreakerSettings,
    EmailSettings,
    EngineSettings,
    HostSettings,
    ProxySettings,
    RateLimit,
)
from engine.operations.validation import parse_model
from tocsin.files.actions.dotted import expand_dotted
from tocsin.files.actions.section import ActionsSection
from tocsin.files.actions.settings import ActionsReading, with_actions
from tocsin.files.config import LoadedConfig, load_config
from tocsin.session import load_settings

Load = Callable[..., LoadedConfig]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def load(text: str, **options: Any) -> LoadedConfig:
        file = tmp_path / "tocsin.yml"
        file.write_text(text)
        return load_config(file, **options)

    return load


def read(folder: Path = Path("/nowhere"), **actions: object) -> ActionsReading:
    return with_actions(EngineSettings(), parse_model(ActionsSection, actions), folder)


def test_nothing_given_changes_nothing() -> None:
    assert read() == ActionsReading(EngineSettings())


def test_all_of_it_in_a_file(load: Load, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("from file")
    loaded = load(
        """
xpack.actions.allowedHosts: [a.example, "*"]
xpack:
  actions:
    enabledActionTypes: [.webhook]
    maxResponseContentLength: 2048
    responseTimeout: 1w
    run: {maxAttempts: 2, connectorTypeOverrides: [{id: .email, maxAttempts: 4}, {id: .index}]}
    queued.max: 5
    rateLimiter: {email: {limit: 5, lookbackWindow: 500ms}}
    breaker: {failures: 3, openFor: 1m}
    ssl: {verificationMode: none, proxyVerificationMode: certificate}
    proxyUrl: https://bob:p%40ss@Proxy.example
    proxyHeaders: {X-A: b}
    proxyOnlyHosts: [a.example]
    customHostSettings:
      - {url: https://a.example, ssl: {certificateAuthoritiesFiles: ca.pem, certificateAuthoritiesData: data}}
      - {url: smtp://mail.example, smtp: {requireTLS: true}}
    email:
      domain_allowlist: [a.example]
      services: {enabled: [other], ses: {host: h, port: 25}}
      maximum_body_length: 30000000
    enableFooterInEmail: false
    webhook.ssl.pfx.enabled: false
    usage: {url: https://x}
"""
    )
    assert (loaded.problems, loaded.warnings) == ([], [])
    engine = loaded.config.engine
    assert engine.enabled_connector_types == (".webhook",)
    assert engine.attempts == AttemptSettings(2, {".email": 4})
    assert engine.max_queued_actions == 5
    assert engine.rate_limits == {".email": RateLimit(5, timedelta(milliseconds=500))}
    assert engine.breaker == BreakerSettings(3, timedelta(minutes=1))
    http = engine.http
    assert (http.allowed_hosts, http.max_response_bytes, http.response_timeout_s) == (("a.example", "*"), 2048, 604_800)
    assert (http.verification_mode, http.is_pfx_allowed) == ("none", False)
    assert http.proxy == ProxySettings(
        "https://proxy.example:443", ("bob", "p@ss"), {"X-A": "b"}, frozenset(), frozenset({"a.example"}), "certificate"
    )
    assert http.custom_hosts == (
        HostSettings("https://a.example:443", "full", "data\nfrom file"),
        HostSettings("smtp://mail.example:25", None, requires_tls=True),
    )
    assert http.email == EmailSettings(("a.example",), None, ("other",), ("h", 25), has_footer=False)


def test_connectors_may_have_secrets_in_plain_text_or_refer_to_them(load: Load) -> None:
    loaded = load(
        """
actions:
  preconfigured:
    hook: {name: Hook, actionTypeId: .webhook, config: {url: "https://a"}, secrets: {user: u, password: "${env:P}"}}
  preconfiguredAlertHistoryEsIndex: true
""",
        environ={"P": "from environment"},
    )
    assert loaded.problems == []
    hook, history = loaded.config.connectors
    assert hook.body == {
        "id": "hook",
        "name": "Hook",
        "connector_type_id": ".webhook",
        "config": {"url": "https://a"},
        "secrets": {"user": "u", "password": "from environment"},
        "expose_config": False,
    }
    assert history.body["id"] == "preconfigured-alert-history-es-index"
    assert history.body["config"] == {"index": "kibana-alert-history-default"}


def test_secrets_are_never_shown(load: Load) -> None:
    loaded = load(
        """
actions.preconfigured.hook: {name: Hook, actionTypeId: .webhook, secrets: hunter2}
actions.proxyUrl: [http://bob:hunter2@p]
"""
    )
    assert [problem.path for problem in loaded.problems] == ["actions.preconfigured.hook.secrets", "actions.proxyUrl"]
    assert not any("hunter2" in str(problem) for problem in loaded.problems)


@pytest.mark.parametrize(
    ("text", "path", "words"),
    [
        ("http: {allowed_hosts: []}\nactions: {allowedHosts: []}", "actions.allowedHosts", "http.allowed_hosts"),
        (
            "http: {max_response_size: 1mb}\nactions: {maxResponseContentLength: 1mb}",
            "actions.maxResponseContentLength",
            "",
        ),
        ("notifications: {max_attempts: 3}\nxpack.actions.run.maxAttempts: 3", "xpack.actions.run.maxAttempts", ""),
        ("actions: {}\nxpack: {actions: {}}", "xpack.actions", "beside actions"),
        (
            "connectors: {a: {name: a, connector_type_id: .server-log}}\n"
            "actions: {preconfigured: {a: {name: a, actionTypeId: .server-log}}}",
            "actions.preconfigured.a",
            "connectors.a",
        ),
    ],
)
def test_what_is_said_twice_is_an_error_that_names_both(load: Load, text: str, path: str, words: str) -> None:
    [problem] = load(text).problems
    assert problem.path == path
    assert words in problem.message


@pytest.mark.parametrize(
    "actions",
    [
        {"maxAttempts": 3},
        {"allowedHosts": ["https://a.example"]},
        {"allowedHosts": [""]},
        {"allowedHosts": "*"},
        {"enabledActionTypes": [""]},
        {"maxResponseContentLength": "1tb"},
        {"maxResponseContentLength": -1},
        {"responseTimeout": "1x"},
        {"responseTimeout": "60"},
        {"ssl": {"verificationMode": "strict"}},
        {"ssl": {"proxyVerificationMode": "strict"}},
        {"run": {"maxAttempts": 0}},
        {"run": {"connectorTypeOverrides": [{"maxAttempts": 1}]}},
        {"queued": {"max": 0}},
        {"rateLimiter": {"email": {"limit": 5}}},
        {"breaker": {"failures": 0, "openFor": "1m"}},
        {"breaker": {"failures": 1}},
        {"customHostSettings": [{}]},
        {"customHostSettings": [{"url": "https://a", "ssl": {"verificationMode": "some"}}]},
        {"customHostSettings": [{"url": "https://a", "ssl": {"certificateAuthoritiesFiles": []}}]},
        {"preconfigured": {"constructor": {"name": "a", "actionTypeId": ".a"}}},
        {"preconfigured": {"": {"name": "a", "actionTypeId": ".a"}}},
        {"preconfigured": {"a": {"name": "", "actionTypeId": ".a"}}},
        {"preconfigured": {"a": {"name": "a"}}},
        {"email": {}},
        {"email": {"domain_allowlist": [], "recipient_allowlist": []}},
        {"email": {"services": {}}},
        {"email": {"services": {"enabled": []}}},
        {"email": {"services": {"enabled": ["hotmail"]}}},
        {"email": {"services": {"ses": {"host": "h"}}}},
        {"email": {"services": {"ses": {"host": "h", "port": 65536}}}},
    ],
)
def test_what_is_not_valid_is_refused(actions: dict[str, object]) -> None:
    with pytest.raises(InvalidInput) as refused:
        read(**actions)
    assert len(refused.value.problems) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1ms", timedelta(milliseconds=1)),
        ("2M", timedelta(days=61)),
        ("1Y", timedelta(days=365)),
        (1500, timedelta(seconds=1.5)),
        ("900000000000Y", timedelta(days=36_500)),
    ],
)
def test_durations(text: object, expected: timedelta) -> None:
    assert parse_model(ActionsSection, {"responseTimeout": text}).response_timeout == expected


@pytest.mark.parametrize(
    ("entry", "expected", "warnings"),
    [
        ({"url": "https://A.com"}, HostSettings("https://a.com:443", None), 0),
        ({"url": "https://a.com:8443/"}, HostSettings("https://a.com:8443", None), 0),
        ({"url": "https://bob:x@a.com/path#hash"}, HostSettings("https://a.com:443", None), 3),
        ({"url": "http://a.com"}, None, 1),
        ({"url": "a.com"}, None, 1),
        ({"url": "https://a.com:x"}, None, 1),
        ({"url": "https://"}, None, 1),
        ({"url": "https://a.com", "smtp": {"ignoreTLS": True}}, HostSettings("https://a.com:443", None), 1),
        ({"url": "https://a.com", "ssl": {}}, HostSettings("https://a.com:443", "full"), 0),
        (
            {"url": "smtp://a.com:587", "smtp": {"ignoreTLS": True, "requireTLS": True}},
            HostSettings("smtp://a.com:587", None, ignores_tls=False, requires_tls=True),
            1,
        ),
        (
            {"url": "https://a.com", "ssl": {"certificateAuthoritiesFiles": ["gone.pem", "b.pem", "c.pem"]}},
            HostSettings("https://a.com:443", "full", "b\nc"),
            1,
        ),
    ],
)
def test_entries_for_hosts(
    tmp_path: Path, entry: dict[str, object], expected: HostSettings | None, warnings: int
) -> None:
    (tmp_path / "b.pem").write_text("b")
    (tmp_path / "c.pem").write_text("c")
    found = read(tmp_path, customHostSettings=[entry])
    assert found.settings.http.custom_hosts == (() if expected is None else (expected,))
    assert len(found.warnings) == warnings
    assert not any("bob" in warning for warning in found.warnings)


def test_of_two_entries_for_one_host_the_first_counts() -> None:
    entries = [{"url": "https://a.com", "ssl": {}}, {"url": "https://A.com:443"}, {"url": "https://b.com"}]
    found = read(customHostSettings=entries)
    assert [host.url for host in found.settings.http.custom_hosts] == ["https://a.com:443", "https://b.com:443"]
    assert found.settings.http.custom_hosts[0].verification_mode == "full"
    assert len(found.warnings) == 1


@pytest.mark.parametrize(
    ("actions", "is_there", "warnings"),
    [
        ({"proxyUrl": "http://p"}, True, 0),
        ({"proxyUrl": ":nonsense"}, False, 1),
        ({"proxyUrl": "socks5://p"}, False, 1),
        ({"proxyUrl": "http://p", "proxyBypassHosts": ["a"], "proxyOnlyHosts": ["b"]}, True, 1),
        ({"proxyUrl": "http://p", "proxyHeaders": {"X": "a\r\nb"}}, True, 1),
        ({"proxyBypassHosts": ["a"]}, False, 0),
    ],
)
def test_proxies(actions: dict[str, object], is_there: bool, warnings: int) -> None:
    found = read(**actions)
    proxy = found.settings.http.proxy
    assert (proxy is not None) is is_there
    assert proxy is None or (proxy.only_hosts, proxy.headers) == (None, {})
    assert len(found.warnings) == warnings


def test_warnings_name_the_setting(load: Load) -> None:
    assert load("xpack.actions.proxyUrl: nonsense").warnings == [
        "xpack.actions.proxyUrl is no URL: it does not start with http:// or https://; requests go direct"
    ]


def test_a_connector_of_ones_own_goes_before_that_of_the_alert_history(load: Load) -> None:
    history = "preconfigured-alert-history-es-index"
    setting = "actions.preconfiguredAlertHistoryEsIndex: true\n"
    for text in (
        f"actions.preconfigured.{history}: {{name: mine, actionTypeId: .index, config: {{index: i}}}}",
        f"connectors: {{{history}: {{name: mine, connector_type_id: .index, config: {{index: i}}}}}}",
    ):
        loaded = load(setting + text)
        assert loaded.problems == []
        assert [connector.body["name"] for connector in loaded.config.connectors] == ["mine"]
        assert len(loaded.warnings) == 1


def test_commands_are_told_what_was_left_out(tmp_path: Path) -> None:
    file = tmp_path / "tocsin.yml"
    file.write_text("actions.proxyUrl: nonsense")
    [warning] = load_settings(file).warnings
    assert warning.startswith(f"{file}: actions.proxyUrl is no URL")


def test_keys_may_be_dotted_and_what_does_not_fit_stays() -> None:
    value = {
        "xpack.actions.run.maxAttempts": 2,
        "xpack": {"actions": {"run": {"connectorTypeOverrides": []}, "a.b": 1}},
        "actions": {"ssl.verificationMode": "none", "ssl": 3},
        "rules.x": 1,
    }
    assert expand_dotted(value) == {
        "xpack": {"actions": {"run": {"connectorTypeOverrides": [], "maxAttempts": 2}, "a.b": 1}},
        "actions": {"ssl.verificationMode": "none", "ssl": 3},
        "rules.x": 1,
    }
    assert value["xpack"] == {"actions": {"run": {"connectorTypeOverrides": []}, "a.b": 1}}
    assert expand_dotted(["actions.x"]) == ["actions.x"]
