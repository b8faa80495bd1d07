"""The runner of behaviour cases, as a whole program: what it collects, reports and refuses."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).parents[3]
VALID = {
    "index": "logs",
    "timeField": "t",
    "timeWindowSize": 5,
    "timeWindowUnit": "m",
    "thresholdComparator": ">",
    "threshold": [0],
}


def case(case_id, *, expect_valid=True, **members):
    given = {"kind": "validate", "rule_type_id": ".index-threshold", "params": VALID}
    return {"id": case_id, "area": "a", "given": given, "expect": {"valid": expect_valid}} | members


def run_cases(folder, *options):
    report = folder / "report.out"
    command = [sys.executable, "-m", "pytest", "tests/cases", "--cases", str(folder), "--cases-report", str(report)]
    done = subprocess.run(
        [*command, *options, "-p", "no:cacheprovider"], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    return done, json.loads(report.read_text()) if report.exists() else None


def test_a_folder_of_cases_is_run_counted_and_reported(tmp_path):
    cases = [
        case("holds"),
        case("does-not-hold", expect_valid=False),
        case("only-kibana", profile="kibana", expect_valid=False),
        case("kind-kibana", kind="kibana"),
        case("unknown-shape", given={"kind": "foo"}),
        case("listed-but-holds"),
        case("listed", expect_valid=False),
    ]
    (tmp_path / "index_threshold.json").write_text(json.dumps(cases))
    (tmp_path / "strange.json").write_text(json.dumps([case("one")]))
    (tmp_path / "README.md").write_text("no cases here")
    listed = tmp_path / "listed.toml"
    listed.write_text('[index_threshold]\n"listed" = "not yet"\n"listed-but-holds" = "not yet"\n')
    done, report = run_cases(tmp_path, "--expected-failures", str(listed))
    assert done.returncode == 1
    assert "index_threshold 3/6" in done.stdout.splitlines()
    assert "strange 0/1" in done.stdout.splitlines()
    assert sorted(report["index_threshold"]["passed"]) == ["holds", "kind-kibana", "listed-but-holds"]
    failed = report["index_threshold"]["failed"]
    assert sorted(failed) == ["does-not-hold", "listed", "unknown-shape"]
    assert "accepted" in failed["does-not-hold"]
    assert "unknown shape" in failed["unknown-shape"]
    assert "expected failure" in failed["listed"]
    assert "no adapter for file strange" in report["strange"]["failed"]["one"]
    assert "[index_threshold::holds]" not in done.stdout
    failures = {line.split(" ")[1] for line in done.stdout.splitlines() if line.startswith("FAILED")}
    assert {name.rsplit("::", 1)[1].rstrip("]") for name in failures} == {
        *("does-not-hold", "unknown-shape", "listed-but-holds", "one")
    }


def test_a_folder_without_cases_and_a_file_that_is_no_list_are_refused(tmp_path):
    done, _ = run_cases(tmp_path)
    assert done.returncode != 0
    assert "no *.json files" in done.stdout + done.stderr
    (tmp_path / "kql.json").write_text('{"id": 1}')
    done, _ = run_cases(tmp_path)
    assert done.returncode != 0
    assert "must be a list of cases" in done.stdout + done.stderr


def test_the_cases_run_as_part_of_all_tests_too():
    others = [f"--ignore=tests/{name}" for name in ("unit", "conformance", "e2e")]
    command = [sys.executable, "-m", "pytest", "tests", *others, "-k", "it-params-006"]
    done = subprocess.run(
        [*command, "-p", "no:cacheprovider"], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    assert "index_threshold 1/1" in done.stdout.splitlines()
