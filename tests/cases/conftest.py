"""Behaviour cases: ``pytest tests/cases --cases DIR [--cases-report FILE.json]``.

Every ``*.json`` file of DIR is a list of cases; each becomes the test ``<file>::<id>``. Without ``--cases`` those of
``data`` (the shared sample) and ``extra`` (worked out from the specifications by us) run. ``expected_failures.toml``
lists cases that need something not built yet: such a case must fail.
"""

import importlib
import json
import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
FOLDERS = (HERE / "data", HERE / "extra")
EXPECTED_FAILURES = HERE / "expected_failures.toml"
ADAPTERS = {
    "action_scheduling": "tests.cases.adapters.action_scheduling",
    "alert_lifecycle": "tests.cases.adapters.alert_lifecycle",
    "connector_framework": "tests.cases.adapters.connector_framework",
    "connectors_core": "tests.cases.adapters.connectors_core",
    "connectors_incident": "tests.cases.adapters.connectors_incident",
    "data_views": "tests.cases.adapters.data_views",
    "es_query": "tests.cases.adapters.es_query",
    "geo_containment": "tests.cases.adapters.geo_containment",
    "index_threshold": "tests.cases.adapters.index_threshold",
    "kql": "tests.cases.adapters.kql",
    "mustache": "tests.cases.adapters.mustache",
    "recurrence": "tests.cases.adapters.recurrence",
    "rest_api": "tests.cases.adapters.rest_api",
    "search_cases": "tests.cases.adapters.search_cases",
}
"""Case file -> module whose ``run_case(case)`` raises AssertionError when the case does not hold."""

Case = dict[str, Any]

if str(HERE.parents[1]) not in sys.path:
    # Last, so that an installed wheel goes before the checkout.
    sys.path.append(str(HERE.parents[1]))


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("cases", "behaviour cases")
    group.addoption("--cases", metavar="DIR", type=Path, help="folder of case files")
    listed = "list of cases that must fail, instead of our own"
    group.addoption("--expected-failures", metavar="FILE", type=Path, default=EXPECTED_FAILURES, help=listed)
    group.addoption("--cases-report", metavar="FILE", type=Path, help="write passed and failed ids as JSON")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(CaseTally(config.getoption("--cases-report", default=None)), "case-tally")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "case" in metafunc.fixturenames:
        folder = metafunc.config.getoption("--cases", default=None)
        folders = FOLDERS if folder is None else (folder,)
        listed = metafunc.config.getoption("--expected-failures", default=EXPECTED_FAILURES)
        expected_failures = tomllib.loads(listed.read_text(encoding="utf-8"))
        cases = [case for each in folders for case in _collect(each, expected_failures)]
        metafunc.parametrize(("case_file", "case"), cases)


@pytest.fixture
def run_case(case_file: str, case: Case, record_property: Callable[[str, object], None]) -> Callable[[], None]:
    """Runs the case through its file's adapter, and notes for the tally which case it is."""
    record_property("case_file", case_file)
    record_property("case_id", case["id"])

    def run() -> None:
        if case_file not in ADAPTERS:
            raise AssertionError(f"no adapter for file {case_file}")
        importlib.import_module(ADAPTERS[case_file]).run_case(case)

    return run


def _collect(folder: Path, expected_failures: dict[str, dict[str, str]]) -> Iterator[Any]:
    """The cases of a folder as parameters; what only Kibana does is not run."""
    files = sorted(folder.glob("*.json"))
    if not files:
        raise pytest.UsageError(f"--cases {folder}: no *.json files there")
    for path in files:
        reasons = expected_failures.get(path.stem, {})
        for case in _read(path):
            if case.get("profile") == "kibana":
                continue
            reason = reasons.get(case["id"])
            marks = () if reason is None else (pytest.mark.xfail(reason=reason, strict=True),)
            yield pytest.param(path.stem, case, id=f"{path.stem}::{case['id']}", marks=marks)


def _read(path: Path) -> list[Case]:
    try:
        cases = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise pytest.UsageError(f"{path}: {error}") from error
    if not isinstance(cases, list) or not all(isinstance(case, dict) and "id" in case for case in cases):
        raise pytest.UsageError(f"{path}: must be a list of cases, each an object with an id")
    return cases


@dataclass(eq=False)
class CaseTally:
    """Counts what held and what did not, by file; writes the summary lines and the report.

    An expected failure counts as failed, a listed case that holds counts as passed (its test fails all the same).
    Compared by identity, because pytest keeps plugins in sets.
    """

    report_path: Path | None
    files: dict[str, dict[str, Any]] = field(default_factory=dict)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        properties = dict(report.user_properties)
        if "case_file" not in properties or (report.when != "call" and not report.failed):
            return
        file = self.files.setdefault(str(properties["case_file"]), {"passed": [], "failed": {}})
        is_listed_but_holds = report.failed and str(report.longrepr).startswith("[XPASS(strict)]")
        if report.passed or is_listed_but_holds:
            file["passed"].append(properties["case_id"])
        else:
            file["failed"][properties["case_id"]] = _reason(report)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.files:
            terminalreporter.section("behaviour cases")
        for name, file in sorted(self.files.items()):
            passed, failed = len(file["passed"]), len(file["failed"])
            terminalreporter.write_line(f"{name} {passed}/{passed + failed}")
        if self.report_path is not None:
            self.report_path.write_text(json.dumps(self.files, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _reason(report: pytest.TestReport) -> str:
    expected = getattr(report, "wasxfail", "")
    crash = getattr(report.longrepr, "reprcrash", None)
    found = str(report.longrepr) if crash is None else str(crash.message)
    return f"expected failure: {expected}" if expected else found
