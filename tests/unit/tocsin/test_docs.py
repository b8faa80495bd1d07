"""What the pages under docs/ claim is so."""

import json
import re
from pathlib import Path

from engine.model.document_mapping import document_mapping
from engine.model.settings import EngineSettings
from engine.notify.reasons import EXPLANATIONS
from engine.search.cluster.settings import ClusterLimits, ClusterTimeouts
from engine.search.local.documents import json_file, lines, sources
from engine.service.connectors import PreconfiguredConnectors, build_connector
from tocsin import clusters
from tocsin.composition import builtin_registry
from tocsin.files import documents, nodes
from tocsin.files.actions.section import ActionsSection
from tocsin.files.actions.settings import OWN_NAMES
from tocsin.files.cluster_section import ClusterSecrets, ClusterSection
from tocsin.files.config import AlertDocuments, load_config
from tocsin.files.config_schema import HttpSection
from tocsin.files.definitions import definition_warnings, validate_definition
from tocsin.files.rules import SUFFIXES, load_rules

MEGA = 1024 * 1024
ROOT = Path(__file__).parents[3]
PAGES = sorted((ROOT / "docs").glob("*.md"))


def _page(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def test_every_reason_is_explained() -> None:
    table = _page("concepts.md").partition("| Reason |")[2].partition("\n\n")[0]
    assert set(re.findall(r"`([a-zA-Z]+)`", re.sub(r"\|[^|]*\|$", "", table, flags=re.MULTILINE))) == set(EXPLANATIONS)


def test_the_page_on_reasons_has_each_as_it_is_told() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", _page("why.md"), flags=re.MULTILINE)
    assert rows == list(EXPLANATIONS.items())


def test_the_example_rule_is_valid(tmp_path: Path) -> None:
    # The blocks after the first are parts of rules.
    example, *_ = re.findall(r"```yaml\n(.*?)```", _page("rule-files.md"), flags=re.DOTALL)
    (tmp_path / "rule.yml").write_text(example)
    loaded = load_rules([tmp_path / "rule.yml"])
    [rule] = loaded.rules
    registry, settings = builtin_registry(), EngineSettings()
    log = {"id": "log", "name": "log", "connector_type_id": ".server-log"}
    connectors = PreconfiguredConnectors(
        [build_connector(log, registry=registry, settings=settings.http, is_preconfigured=True)]
    )
    assert validate_definition(rule, registry=registry, connectors=connectors, settings=settings) == []
    assert definition_warnings(rule, registry, settings) == []


def test_files_and_their_limits() -> None:
    page = _page("rule-files.md")
    told = set(re.findall(r"`(\.[a-z]+)`", page.partition("## Data files")[2].partition("\n\nAll")[0]))
    assert told == set(sources._FORMATS)
    assert "A file (`.yml`, `.yaml` or `.json`)" in page
    assert frozenset({".yml", ".yaml", ".json"}) == SUFFIXES
    assert documents.MAX_BYTES // MEGA == 5
    assert lines.LONGEST_LINE // MEGA == 16
    assert json_file._LARGEST // MEGA == 256
    assert "a file of 5 MB, 100\nlevels" in page
    assert nodes.MAX_DEPTH == 100


def test_the_template_for_alert_documents_is_what_an_index_gets() -> None:
    [template] = re.findall(r"```json\n(.*?)```", _page("alert-documents.md"), flags=re.DOTALL)
    assert json.loads(template)["template"]["mappings"] == document_mapping()


def test_the_example_of_alert_documents_is_valid(tmp_path: Path) -> None:
    [example] = re.findall(r"```yaml\n(.*?)```", _page("alert-documents.md"), flags=re.DOTALL)
    (tmp_path / "tocsin.yml").write_text(example)
    loaded = load_config(tmp_path / "tocsin.yml")
    assert loaded.problems == []
    assert loaded.config.alert_documents == AlertDocuments("tocsin-alerts", "main")


def test_the_example_of_a_cluster_is_valid(tmp_path: Path) -> None:
    [example] = re.findall(r"```yaml\n(.*?)```", _page("clusters.md"), flags=re.DOTALL)
    (tmp_path / "tocsin.yml").write_text(example)
    (tmp_path / "ca.pem").touch()
    loaded = load_config(tmp_path / "tocsin.yml", environ={"ES_PASSWORD": "x"})
    assert loaded.problems == []
    assert [cluster.name for cluster in loaded.config.clusters] == ["main"]


def test_members_and_numbers_of_clusters() -> None:
    page = _page("clusters.md")
    table = page.partition("| Member |")[2].partition("\n\n")[0]
    members = set(ClusterSection.model_fields) - {"secrets"}
    secrets = {f"secrets.{name}" for name in ClusterSecrets.model_fields}
    first_cells = "".join(row.split("|")[1] for row in table.splitlines()[2:])
    assert set(re.findall(r"`([a-z_.]+)`", first_cells)) == members | secrets
    for member in ("connect_timeout", "search_timeout"):
        assert f"| `{member}` | `{ClusterSection.model_fields[member].default}` |" in page
    assert set(re.findall(r"`TOCSIN_ES_([A-Z_]+)`", page)) == {name.upper() for name in clusters._FROM_ENVIRONMENT}
    limits, timeouts = ClusterLimits(), ClusterTimeouts()
    assert (limits.fast_ms, limits.batch_searches, limits.batch_bytes, limits.batch_cost_ms, timeouts.batch_s) == (
        100, 100, 512 * 1024, 1000, 5)  # fmt: skip
    assert (limits.concurrent_singles, limits.concurrent_slow) == (8, 8)
    assert (limits.breaker_failures, limits.rest_s, limits.longest_rest_s) == (3, 1, 30)
    assert limits.answer_bytes == 100 * MEGA


def test_the_examples_of_connectors_are_valid(tmp_path: Path) -> None:
    page = _page("connectors.md")
    connectors_yml, actions, *_ = re.findall(r"```yaml\n(.*?)```", page, flags=re.DOTALL)
    (tmp_path / "tocsin.yml").write_text(connectors_yml)
    environ = {"SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/T/B/X", "PAGERDUTY_ROUTING_KEY": "k"}
    loaded = load_config(tmp_path / "tocsin.yml", environ=environ)
    assert [problem.path for problem in loaded.problems] == ["connectors.hook.secrets.clientSecret"]
    registry, settings = builtin_registry(), EngineSettings()
    built = [
        build_connector(
            {
                **each.body,
                "secrets": each.body["secrets"] | ({"clientSecret": "s"} if each.body["id"] == "hook" else {}),
            },
            registry=registry,
            settings=settings.http,
            is_preconfigured=True,
        )
        for each in load_config(tmp_path / "tocsin.yml", environ=environ, needs_secrets=False).config.connectors
    ]
    assert {connector.connector_type_id for connector in built} == {
        ".index",
        ".pagerduty",
        ".server-log",
        ".slack",
        ".webhook",
    }
    rule = re.findall(r"```yaml\n(.*?)```", _page("rule-files.md"), flags=re.DOTALL)[0].partition("actions:")[0]
    (tmp_path / "rule.yml").write_text(rule + actions)
    [definition] = load_rules([tmp_path / "rule.yml"]).rules
    assert (
        validate_definition(definition, registry=registry, connectors=PreconfiguredConnectors(built), settings=settings)
        == []
    )


def test_every_connector_type_and_setting_of_http_is_told() -> None:
    page = _page("connectors.md")
    headings = re.findall(r"^## (`\..*)$", page, flags=re.MULTILINE)
    told = re.findall(r"`(\.[a-z_-]+)`", " ".join(headings))
    assert set(told) == {known.id for known in builtin_registry().connector_types()}
    table = page.partition("| Member |")[2]
    cells = "".join(row.split("|")[1] for row in table.splitlines() if row.startswith("| `"))
    assert set(re.findall(r"`([a-z_]+)`", cells)) == set(HttpSection.model_fields)


def test_every_setting_of_a_kibana_yml_is_told_with_an_example(tmp_path: Path) -> None:
    page = _page("connectors.md").partition("## Settings as in a kibana.yml")[2].partition("\n## ")[0]
    told = set(
        re.findall(r"`([a-zA-Z.]+)`", "".join(row.split("|")[1] for row in page.splitlines() if row[:3] == "| `"))
    )
    members = {str(field.alias) for field in ActionsSection.model_fields.values()}
    assert {name.partition(".")[0] for name in told} == members
    assert set(OWN_NAMES) <= told
    [example] = re.findall(r"```yaml\n(.*?)```", page, flags=re.DOTALL)
    (tmp_path / "tocsin.yml").write_text(example)
    loaded = load_config(tmp_path / "tocsin.yml")
    assert loaded.problems == []
    assert loaded.config.engine.http.allowed_hosts == ("hooks.example.org",)
    assert [connector.body["id"] for connector in loaded.config.connectors] == ["log"]


def test_links_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_dependency_has_its_reason() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    needed = re.findall(r'^    "([a-z.-]+)>=', project, flags=re.MULTILINE)
    page = _page("dependencies.md")
    assert [name for name in needed if f"`{name}`" not in page] == []
