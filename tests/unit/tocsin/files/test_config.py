"""tocsin.yml: where it is looked for, what its members become, and what is refused (CONVENTIONS 2)."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from engine.model.settings import (
    AttemptSettings,
    EngineSettings,
    FlappingSettings,
    HostSettings,
    QuerySettings,
    SpaceSettings,
)
from engine.search.cluster.settings import ClusterSettings, ClusterTimeouts
from tocsin.files.config import Config, LoadedConfig, find_config, load_config
from tocsin.files.config_schema import ConfigSchema
from tocsin.files.problems import render
from tocsin.files.sizes import parse_size

Load = Callable[..., LoadedConfig]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Loads a text as tocsin.yml, with these environment variables."""

    def from_text(text: str, environ: Mapping[str, str] | None = None) -> LoadedConfig:
        file = tmp_path / "tocsin.yml"
        file.write_text(text, encoding="utf-8")
        return load_config(file, environ=environ or {})

    return from_text


def told(loaded: LoadedConfig) -> list[tuple[int, str]]:
    assert all(problem.remedy for problem in loaded.problems)
    return [(problem.line, problem.path) for problem in loaded.problems]


def test_without_a_file_everything_is_at_its_default() -> None:
    assert load_config(None) == LoadedConfig(Config(EngineSettings(), store="sqlite:///tocsin.db"))


@pytest.mark.parametrize("text", ["", "# nothing\n", "{}"])
def test_an_empty_file_leaves_the_defaults(load: Load, tmp_path: Path, text: str) -> None:
    loaded = load(text)
    assert loaded.problems == []
    assert (loaded.config.engine, loaded.config.store) == (EngineSettings(), f"sqlite:///{tmp_path}/tocsin.db")


def test_the_first_place_that_has_a_file_counts(tmp_path: Path) -> None:
    here, xdg, home = tmp_path / "here", tmp_path / "xdg", tmp_path / "home"
    user, fallback = xdg / "tocsin" / "tocsin.yml", home / ".config" / "tocsin" / "tocsin.yml"
    environ = {"XDG_CONFIG_HOME": str(xdg), "HOME": str(home)}
    here.mkdir()

    def find(explicit: Path | None = None, **variables: str) -> Path | None:
        return find_config(explicit, environ={**environ, **variables}, folder=here)

    assert find() in (None, Path("/etc/tocsin/tocsin.yml"))
    for place in (fallback, user, here / "tocsin.yml"):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("", encoding="utf-8")
    assert find() == here / "tocsin.yml"
    assert find(TOCSIN_CONFIG="other.yml") == Path("other.yml")
    assert find(Path("given.yml"), TOCSIN_CONFIG="other.yml") == Path("given.yml")
    (here / "tocsin.yml").unlink()
    assert find() == user
    assert find_config(environ={"HOME": str(home)}, folder=here) == fallback


def test_a_given_file_that_does_not_exist_is_a_problem(tmp_path: Path) -> None:
    loaded = load_config(tmp_path / "none.yml", environ={})
    assert [problem.file.name for problem in loaded.problems] == ["none.yml"]


def test_members_become_settings(load: Load, tmp_path: Path) -> None:
    text = """
store: data/x.db
rules: [rules, /abs/rule.yml]
public_base_url: https://tocsin.example.org/x
consumers: [mine]
space: {flapping: {enabled: false, look_back_window: 5, status_change_threshold: 2}, query_delay_seconds: 9}
runs: {timeout: 2m, timeout_by_rule_type: {.es-query: 1m}, lease: 2m, no_recovery_on_partial_results: [.es-query]}
notifications: {max_attempts: 5, max_attempts_by_connector_type: {.webhook: 2}, concurrency: 8}
http:
  allowed_hosts: [a.example]
  response_timeout: 5s
  max_response_size: 2kb
  max_redirects: 0
  allowed_addresses: [10.0.0.0/8]
  verification_mode: certificate
  custom_hosts: [{url: 'https://A.example'}, {url: 'https://b:8443/', verification_mode: none, ca_file: ca.pem}]
  pfx_certificates: false
retention: {events: {age: 7d, size: 1gb}}
data: {web: {files: [logs/*.ndjson, /abs/x.csv], mapping: web.json, follow: true}}
"""
    (tmp_path / "ca.pem").write_text("-----BEGIN CERTIFICATE-----")
    loaded = load(text)
    assert loaded.problems == []
    config, engine = loaded.config, loaded.config.engine
    assert config.store == f"sqlite:///{tmp_path}/data/x.db"
    assert config.rules == (tmp_path / "rules", Path("/abs/rule.yml"))
    assert config.space == SpaceSettings(FlappingSettings(False, 5, 2), 9)
    assert (engine.public_base_url, engine.consumers) == ("https://tocsin.example.org/x", ("mine",))
    assert (engine.run_timeout, engine.run_timeout_by_type, engine.lease_s) == ("2m", {".es-query": "1m"}, 120)
    assert engine.no_recovery_on_partial_results == {".es-query"}
    assert engine.attempts == AttemptSettings(5, {".webhook": 2})
    assert (engine.http.allowed_hosts, engine.http.response_timeout_s) == (("a.example",), 5)
    assert (engine.http.max_response_bytes, engine.http.max_redirects) == (2048, 0)
    assert (engine.http.allowed_addresses, engine.http.verification_mode) == (("10.0.0.0/8",), "certificate")
    assert not engine.http.is_pfx_allowed
    assert engine.http.custom_hosts == (
        HostSettings("https://a.example:443", "full", None),
        HostSettings("https://b:8443", "none", "-----BEGIN CERTIFICATE-----"),
    )
    assert (engine.retention.events_days, engine.retention.events_bytes) == (7, 1024**3)
    assert engine.retention.documents_days == EngineSettings().retention.documents_days
    (source,) = config.data
    assert (source.name, source.follow, source.mapping) == ("web", True, tmp_path / "web.json")
    assert source.globs == (f"{tmp_path}/logs/*.ndjson", "/abs/x.csv")


@pytest.mark.parametrize(
    ("text", "path", "remedy"),
    [
        ("runz: {}", "runz", "did you mean runs?"),
        ("runs: {max_alert: 1}", "runs.max_alert", "did you mean max_alerts?"),
        ("clusters: {a: {}}", "clusters.a.hosts", "https://"),
        ("alert_documents: {}", "alert_documents.index", ""),
        ("alert_documents: {index: Alerts}", "alert_documents.index", "lower-case"),
        ("alert_documents: {index: 'a*'}", "alert_documents.index", "lower-case"),
        ("alert_documents: {index: alerts, cluster: b}", "alert_documents.cluster", "name one of clusters"),
        ("clusters: {a: {hosts: [localhost]}}", "clusters.a.hosts.0", "https://"),
        ("clusters: {a: {hosts: [http://x], username: ann}}", "clusters.a.secrets.password", "together"),
        ("clusters: {a: {hosts: [http://x], secrets: {key: 1}}}", "clusters.a.secrets.key", "api_key"),
        ("clusters: {'a:b': {hosts: [http://x]}}", "clusters.a:b", "letters, digits"),
        ("clusters: {a: {hosts: [http://x], ca_file: no.pem}}", "clusters.a.ca_file", "PEM"),
        ("clusters: {a: {hosts: [http://x], client_cert: tocsin.yml}}", "clusters.a.client_key", "together"),
        ("clusters: {a: {hosts: [http://x], client_key: tocsin.yml}}", "clusters.a.client_cert", "together"),
        (
            "clusters: {a: {hosts: [http://x], default: true}, b: {hosts: [http://y], default: true}}",
            "clusters.b.default",
            "one cluster",
        ),
        ("runs: {minimum_schedule_interval: 25h}", "runs.minimum_schedule_interval", "at most 1d"),
        ("runs: {timeout: 90}", "runs.timeout", "write a string"),
        ("http: {max_response_size: 1 mb}", "http.max_response_size", "like 1mb"),
        ("http: {allowed_addresses: [example.org]}", "http.allowed_addresses.0", "10.0.0.0/8"),
        ("http: {verification_mode: lenient}", "http.verification_mode", ""),
        ("http: {custom_hosts: [{url: http://x}]}", "http.custom_hosts.0.url", "https://"),
        ("http: {custom_hosts: [{url: https://x/path}]}", "http.custom_hosts.0.url", "https://"),
        ("http: {custom_hosts: [{url: https://u:p@x}]}", "http.custom_hosts.0.url", "https://"),
        ("http: {custom_hosts: [{url: https://x, ca_file: no.pem}]}", "http.custom_hosts.0.ca_file", "PEM"),
        ("http: {custom_hosts: [{url: https://x, ca_file: tocsin.yml}]}", "http.custom_hosts.0.ca_file", "PEM"),
        ("http: {custom_hosts: [{url: https://x}, {url: https://X:443}]}", "http.custom_hosts.1.url", "one entry"),
        ("http: {custom_hosts: [{verification_mode: none}]}", "http.custom_hosts.0.url", "add it"),
        ("retention: {events: {age: 48h}}", "retention.events.age", "like 30d"),
        ("data: {Web Logs: {files: [x]}}", "data.Web Logs", "lower-case"),
        ("public_base_url: tocsin.example.org", "public_base_url", "https://"),
        ("notifications: {max_attempts: 11}", "notifications.max_attempts", "at most 10"),
        ("public_base_url: https://${env:HOST}", "public_base_url", "write the value itself"),
    ],
)
def test_a_wrong_member_is_told_with_the_remedy(load: Load, text: str, path: str, remedy: str) -> None:
    loaded = load(f"# settings\n{text}\n")
    assert told(loaded) == [(2, path)]
    assert remedy in loaded.problems[0].remedy


def test_wrong_parts_are_left_at_their_defaults_and_the_others_kept(load: Load) -> None:
    loaded = load(
        "runs: {max_alerts: 0, lease: 2m}\nconsumers: [mine]\nconnectors:\n"
        "  a: {name: A, connector_type_id: .server-log}\n  b: {name: B}\n"
        "data: {x: {files: []}, y: {files: [f]}}\n"
    )
    assert told(loaded) == [(1, "runs.max_alerts"), (6, "data.x.files"), (5, "connectors.b.connector_type_id")]
    assert (loaded.config.engine.lease_s, loaded.config.engine.consumers) == (60, ("mine",))
    assert [connector.body["id"] for connector in loaded.config.connectors] == ["a"]
    assert [source.name for source in loaded.config.data] == ["y"]


SECRETS = """connectors:
  hook:
    name: Hook
    connector_type_id: .webhook
    config: {url: http://localhost}
    secrets:
      user: ${env:HOOK_USER}
      password: ${file:secret.txt}
      secretHeaders: {Authorization: "Bearer ${env:HOOK_TOKEN}"}
      crt: null
"""


def test_maintenance_windows_are_judged_as_the_api_judges_them(load: Load) -> None:
    text = """
maintenance_windows:
  good:
    title: Good
    schedule: {custom: {start: 2026-01-13T19:00:00.000Z, duration: 4h, recurring: {every: 1M, onWeekDay: [+2TU]}}}
  bad:
    title: Bad
    schedule: {custom: {start: 2026-01-13, duration: 4h}}
    scope: {alerting: {query: {kql: "a: (b"}}}
  worse: 5
"""
    loaded = load(text)
    assert [window.id for window in loaded.config.windows] == ["good"]
    assert [(problem.path, problem.line) for problem in loaded.problems] == [
        ("maintenance_windows.worse", 10),
        ("maintenance_windows.bad.schedule.custom.start", 8),
    ]
    assert all(problem.remedy for problem in loaded.problems)


def test_secrets_come_from_the_environment_and_from_files(load: Load, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("s3cret\n", encoding="utf-8")
    loaded = load(SECRETS, {"HOOK_USER": "ann", "HOOK_TOKEN": "t0ken"})
    assert loaded.problems == []
    (connector,) = loaded.config.connectors
    assert connector.body["secrets"] == {
        "user": "ann",
        "password": "s3cret",
        "secretHeaders": {"Authorization": "Bearer t0ken"},
        "crt": None,
    }
    assert "s3cret" not in repr(loaded)


CLUSTER = """clusters:
  logs:
    hosts: [https://a.example:9200, https://b.example]
    username: ann
    secrets: {password: "${env:ES_PASSWORD}"}
    ca_file: ca.pem
    client_cert: client.pem
    client_key: client.pem
    proxy: http://proxy.example:3128
    product: opensearch
    connect_timeout: 3s
    search_timeout: 90s
"""


def test_what_sends_nothing_needs_no_secrets(load: Load, tmp_path: Path) -> None:
    assert load(CLUSTER + SECRETS).problems
    (tmp_path / "tocsin.yml").write_text(f"store: else.db\nfoo: 1\n{SECRETS}{CLUSTER}", encoding="utf-8")
    for name in ("ca.pem", "client.pem"):
        (tmp_path / name).touch()
    loaded = load_config(tmp_path / "tocsin.yml", environ={}, needs_secrets=False)
    assert [problem.path for problem in loaded.problems] == ["foo"]
    assert loaded.config.store.endswith("/else.db")


def test_a_cluster_with_its_secrets(load: Load, tmp_path: Path) -> None:
    for name in ("ca.pem", "client.pem"):
        (tmp_path / name).touch()
    loaded = load(CLUSTER, {"ES_PASSWORD": "s3cret"})
    assert loaded.problems == []
    assert loaded.config.clusters == (
        ClusterSettings(
            ("https://a.example:9200", "https://b.example"),
            name="logs",
            username="ann",
            password="s3cret",
            ca_file=str(tmp_path / "ca.pem"),
            client_cert=str(tmp_path / "client.pem"),
            client_key=str(tmp_path / "client.pem"),
            proxy="http://proxy.example:3128",
            product="opensearch",
            timeouts=ClusterTimeouts(connect_s=3, search_s=90),
        ),
    )
    assert "s3cret" not in repr(loaded)


@pytest.mark.parametrize(("default", "order"), [("", "abc"), ("a", "abc"), ("b", "bac"), ("c", "cab")])
def test_the_default_cluster_comes_first(load: Load, default: str, order: str) -> None:
    text = "".join(f"  {name}: {{hosts: [http://{name}], default: {str(name == default).lower()}}}\n" for name in "abc")
    loaded = load(f"data: {{web: {{files: [x.ndjson]}}}}\nclusters:\n{text}")
    assert loaded.problems == []
    assert "".join(cluster.name for cluster in loaded.config.clusters) == order
    assert [source.name for source in loaded.config.data] == ["web"]


@pytest.mark.parametrize(
    "cluster",
    [
        "{hosts: [http://x], username: ann, secrets: {password: hunter2}}",
        "{hosts: [http://x], secrets: {api_key: [hunter2]}}",
        "{hosts: [http://x], secrets: hunter2}",
        "{hosts: ['http://ann:hunter2@x']}",
        "{hosts: 'http://ann:hunter2@x'}",
        "{hosts: [http://x], proxy: 'ftp://ann:hunter2@x'}",
        "{hosts: [http://x], client_cert: tocsin.yml, client_key: '-----BEGIN PRIVATE KEY-----" + "hunter2" * 99 + "'}",
        "{hosts: [http://x], client_cert: tocsin.yml, client_key: [hunter2]}",
    ],
)
def test_no_problem_of_a_cluster_shows_a_secret(load: Load, cluster: str) -> None:
    loaded = load(f"clusters:\n  a: {cluster}\n")
    assert [problem.line for problem in loaded.problems] == [2]
    assert "hunter2" not in "".join(render(problem) for problem in loaded.problems)


def test_a_missing_variable_or_file_is_named(load: Load) -> None:
    loaded = load(SECRETS)
    messages = [problem.message for problem in loaded.problems]
    assert told(loaded) == [
        (7, "connectors.hook.secrets.user"),
        (8, "connectors.hook.secrets.password"),
        (9, "connectors.hook.secrets.secretHeaders.Authorization"),
    ]
    assert "HOOK_USER" in messages[0]
    assert "secret.txt" in messages[1]
    assert "HOOK_TOKEN" in messages[2]


@pytest.mark.parametrize(
    "entry",
    [
        "hook: {name: H, connector_type_id: .webhook, secrets: {password: hunter2}}",
        "hook: {name: H, connector_type_id: .webhook, secrets: {a: {b: hunter2}}}",
        "hook: {name: H, connector_type_id: .webhook, secrets: hunter2}",
        "hook: {name: H, connector_type_id: .webhook, secrets: [hunter2]}",
        "hook: {name: 5, connector_type_id: .webhook, secrets: {password: hunter2}}",
        "hook: {name: H, connector_type_id: .webhook, secrets: {password: @hunter2}}",
    ],
)
def test_no_problem_ever_shows_a_secret_in_plain_text(load: Load, entry: str) -> None:
    loaded = load(f"connectors:\n  {entry}\n")
    assert len(loaded.problems) in (1, 2)
    assert all(problem.line == 2 for problem in loaded.problems)
    assert "hunter2" not in "".join(render(problem) for problem in loaded.problems)


@pytest.mark.parametrize(
    ("text", "size"), [("1b", 1), ("500kb", 512_000), ("1mb", 1_048_576), ("2gb", 2 * 1024**3), ("1tb", 1024**4)]
)
def test_sizes_are_powers_of_1024(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "mb", "0mb", "1.5mb", "1MB", "1 mb", "-1mb", "1", "1m"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a size"):
        parse_size(text)


def members_of(model: type[BaseModel], path: str = "") -> Iterator[tuple[str, Any]]:
    for name, info in model.model_fields.items():
        yield f"{path}{info.alias or name}", info
        if name in ("actions", "xpack"):
            # Their members are Kibana's, and told in docs/connectors.md.
            continue
        pending: list[Any] = [info.annotation]
        while pending:
            annotation = pending.pop()
            if isinstance(annotation, type) and issubclass(annotation, BaseModel):
                yield from members_of(annotation, f"{path}{name}.")
            pending += getattr(annotation, "__args__", ())


@pytest.mark.parametrize(("path", "info"), list(members_of(ConfigSchema)), ids=lambda value: str(value)[:60])
def test_every_member_is_documented_in_the_schema_and_in_the_sample(samples: Path, path: str, info: Any) -> None:
    assert info.description or path.startswith("space.flapping.")
    lines = (samples / "tocsin.yml").read_text(encoding="utf-8").splitlines()
    name = re.compile(rf"(^|[ {{,#]){path.rpartition('.')[2]}:")
    at = next(number for number, line in enumerate(lines) if name.search(line))
    is_explained = lines[at - 1].lstrip().startswith("#") or lines[at].lstrip().startswith(("#", "events:"))
    assert is_explained or path.startswith("connectors.")


def test_the_sample_shows_the_defaults_but_for_what_it_says(samples: Path) -> None:
    shown = load_config(samples / "tocsin.yml", environ={}).config
    assert shown.engine.attempts == AttemptSettings(10, {})
    assert shown.space is None
    defaults = EngineSettings()
    differing = {
        name for name in EngineSettings.__dataclass_fields__ if getattr(shown.engine, name) != getattr(defaults, name)
    }
    assert differing == {"attempts"}


def test_the_section_of_the_space_in_the_sample_shows_the_defaults(samples: Path, load: Load) -> None:
    """It is a remark there, so that what is set over HTTP outlives a restart."""
    lines = (samples / "tocsin.yml").read_text(encoding="utf-8").splitlines()
    start = lines.index("# space:")
    section = takewhile(lambda line: line.startswith("#"), lines[start:])
    loaded = load("\n".join(line.removeprefix("# ") for line in section))
    assert (loaded.problems, loaded.config.space) == ([], SpaceSettings())


def test_queries_take_kibanas_advanced_settings(load: Load) -> None:
    text = """
advanced_settings:
  "query:allowLeadingWildcards": false
  "query:queryString:options": '{"lenient": true}'
  "dateFormat:tz": Europe/Vienna
  "courier:ignoreFilterIfFieldNotInIndex": true
"""
    loaded = load(text)
    assert loaded.problems == []
    assert loaded.config.engine.query == QuerySettings(False, {"lenient": True}, "Europe/Vienna", True)
    assert load("").config.engine.query == QuerySettings(True, {"analyze_wildcard": True}, "UTC", False)


def test_boundaries_may_be_searched_again_by_age(load: Load) -> None:
    assert load("").config.boundaries_max_age is None
    assert load("geo_containment: {boundaries_max_age: null}").config.boundaries_max_age is None
    assert load("geo_containment: {boundaries_max_age: 2h}").config.boundaries_max_age == timedelta(hours=2)
    assert told(load("geo_containment: {boundaries_max_age: soon}")) == [(1, "geo_containment.boundaries_max_age")]


def test_browser_means_the_zone_of_the_process(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    assert load('advanced_settings: {"dateFormat:tz": Browser}').config.engine.query.date_format_tz == "Asia/Tokyo"


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('"dateFormat:tz": Mars/Olympus', "dateFormat:tz"),
        ("\"query:queryString:options\": '{'", "query:queryString:options"),
        ('"query:queryString:options": [1]', "query:queryString:options"),
        ('"query:allowLeadingWildcards": maybe', "query:allowLeadingWildcards"),
        ('"query:unknown": 1', "query:unknown"),
    ],
)
def test_a_wrong_advanced_setting_is_told_at_its_place(load: Load, text: str, path: str) -> None:
    assert told(load(f"advanced_settings:\n  {text}\n")) == [(2, f"advanced_settings.{path}")]
