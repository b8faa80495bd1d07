"""What the pages under docs/ claim is so."""

import re
from pathlib import Path

from engine.model.settings import EngineSettings
from engine.notify.reasons import EXPLANATIONS
from engine.search.local.documents import json_file, lines, sources
from engine.service.connectors import PreconfiguredConnectors, build_connector
from tocsin.composition import builtin_registry
from tocsin.files import documents, nodes
from tocsin.files.definitions import definition_warnings, validate_definition
from tocsin.files.rules import SUFFIXES, load_rules

ROOT = Path(__file__).parents[3]
PAGES = sorted((ROOT / "docs").glob("*.md"))


def _page(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def test_every_reason_is_explained() -> None:
    table = _page("concepts.md").partition("| Reason |")[2].partition("\n\n")[0]
    assert set(re.findall(r"`([a-zA-Z]+)`", re.sub(r"\|[^|]*\|$", "", table, flags=re.MULTILINE))) == set(EXPLANATIONS)


def test_the_example_rule_is_valid(tmp_path: Path) -> None:
    [example] = re.findall(r"```yaml\n(.*?)```", _page("rule-files.md"), flags=re.DOTALL)
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
    mega = 1024 * 1024
    assert documents.MAX_BYTES // mega == 5
    assert lines.LONGEST_LINE // mega == 16
    assert json_file._LARGEST // mega == 256
    assert "a file of 5 MB, 100\nlevels" in page
    assert nodes.MAX_DEPTH == 100


def test_links_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_dependency_has_its_reason() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    needed = re.findall(r'^    "([a-z.-]+)>=', project, flags=re.MULTILINE)
    page = _page("dependencies.md")
    assert [name for name in needed if f"`{name}`" not in page] == []
