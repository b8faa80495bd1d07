"""``python -m benchmarks.mutants``: how many small faults in the pure packages of the engine their unit tests notice.

mutmut makes the faults (mutants) and runs for each one the tests of its package that reach it; a sample of them, which
stays the same while other code changes. It works on copies in a temporary folder, which stay for a look at what
survived.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
_PROBES = {
    "run": "engine.run.gaps.*",
    "notify": "engine.notify.gates.*",
    "timing": "engine.timing.durations.*",
    "query": "engine.query.glob.*",
    "template": "engine.template.links.*",
}
"""The packages, each with a handful of its mutants. mutmut has no command that only makes mutants: the first run makes
all of a package and tries these."""

_CASES = {"timing": "recurrence", "query": "kql", "template": "mustache"}
"""Behaviour cases that are about one package alone. Its unit tests look where these do not, so both count."""

_SEED = 20240506
_SAMPLE = 160
_LOWEST_SCORE = 85.0
_KILLED = frozenset({"killed", "timeout", "segfault"})
"""What mutmut says of mutants that made a test fail, never end, or break down. All others count as survivors."""

_LEFT_OUT = (
    "tocsin",
    "cacheprovider",
    "xdist",
    "xdist.looponfail",
    "pytest_cov",
    "unraisableexception",
    "threadexception",
)
"""Plug-ins of pytest: Tocsin's own would come from the checkout, the others double the time that a mutant takes."""

_CONFIGURATION = f"""
[tool.mutmut]
source_paths = ["engine"]
only_mutate = ["engine/{{package}}/*"]
also_copy = ["conftest.py", "connectors"]
pytest_add_cli_args = {[argument for name in _LEFT_OUT for argument in ("-p", "no:" + name)]}
pytest_add_cli_args_test_selection = ["tests"]
timeout_multiplier = 4.0
track_dependencies = false
use_git_change_detection = false
"""


@dataclass(frozen=True, slots=True)
class Score:
    """The mutants of one package, by name."""

    package: str
    generated: int
    sampled: tuple[str, ...]
    survived: tuple[str, ...]

    @property
    def killed(self) -> int:
        return len(self.sampled) - len(self.survived)

    @property
    def percent(self) -> float:
        return 100.0 * self.killed / len(self.sampled)


@dataclass(frozen=True, slots=True)
class Sampling:
    """``size`` mutants of each package; another ``seed`` draws others."""

    size: int
    seed: int

    def of(self, names: Iterable[str]) -> tuple[str, ...]:
        """Each name draws its own number, so that a mutant that comes or goes does not change who else is drawn."""
        drawn = sorted(names, key=lambda name: random.Random(f"{self.seed} {name}").random())
        return tuple(sorted(drawn[: self.size]))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mutants", description=__doc__)
    parser.add_argument("--sample", type=_count, default=_SAMPLE, help="mutants of each package (%(default)s)")
    parser.add_argument("--seed", type=int, default=_SEED, help="another one draws another sample (%(default)s)")
    parser.add_argument("--package", choices=list(_PROBES), action="append", help="only this one; may be repeated")
    parser.add_argument("--children", type=_count, default=os.cpu_count(), help="processes at a time (%(default)s)")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="tocsin-mutants-"))
    print(f"working in {folder}, for some minutes", flush=True)
    scores = []
    for package in options.package or _PROBES:
        scores.append(measure(package, folder / package, Sampling(options.sample, options.seed), options.children))
        print_survivors(scores[-1], folder / package)
    print_scores(scores)
    return 0 if min(score.percent for score in scores) >= _LOWEST_SCORE else 1


def measure(package: str, copy: Path, sampling: Sampling, children: int) -> Score:
    """Make all mutants of one package in ``copy``, try a sample of them, and judge them."""
    prepare(package, copy)
    _mutmut(copy, "run", "--max-children", str(children), _PROBES[package])
    generated = list(_results(copy))
    sampled = sampling.of(generated)
    _mutmut(copy, "run", "--max-children", str(children), *sampled)
    results = _results(copy)
    survived = tuple(name for name in sampled if results[name] not in _KILLED)
    return Score(package, len(generated), sampled, survived)


def prepare(package: str, copy: Path) -> None:
    """Copy the engine, the tests of one package and what they need; mutmut writes only below ``copy``."""
    without_bytecode = shutil.ignore_patterns("__pycache__")
    for folder in ("engine", "connectors", f"tests/unit/engine/{package}"):
        shutil.copytree(_ROOT / folder, copy / folder, ignore=without_bytecode)
    if package in _CASES:
        _copy_cases(_CASES[package], copy)
    shutil.copy(_ROOT / "benchmarks" / "mutants_conftest.py", copy / "conftest.py")
    configuration = (_ROOT / "pyproject.toml").read_text(encoding="utf-8") + _CONFIGURATION.format(package=package)
    (copy / "pyproject.toml").write_text(configuration, encoding="utf-8")


def _copy_cases(name: str, copy: Path) -> None:
    cases = Path("tests", "cases")
    for folder in ("data", "extra", "adapters"):
        (copy / cases / folder).mkdir(parents=True)
    for file in ("conftest.py", "matching.py", "test_cases.py", "expected_failures.toml", f"adapters/{name}.py"):
        shutil.copy(_ROOT / cases / file, copy / cases / file)
    for folder in ("data", "extra"):
        given, copied = (root / cases / folder / f"{name}.json" for root in (_ROOT, copy))
        copied.write_text(given.read_text(encoding="utf-8") if given.exists() else "[]", encoding="utf-8")


def print_survivors(score: Score, copy: Path) -> None:
    for name in score.survived:
        print(f"survived  {name}")
    if score.survived:
        print(f"see one:  cd {copy} && {_program()} show NAME\n", flush=True)


def print_scores(scores: Iterable[Score]) -> None:
    print(f"{'':<16}{'generated':>10}{'sampled':>10}{'killed':>10}{'survived':>10}{'score':>9}")
    for score in scores:
        counts = f"{score.generated:>10}{len(score.sampled):>10}{score.killed:>10}{len(score.survived):>10}"
        print(f"{score.package:<16}{counts}{score.percent:>7.1f} %")


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return count


def _results(copy: Path) -> dict[str, str]:
    """What became of each mutant so far, by name."""
    lines = _mutmut(copy, "results", "--all", "true").splitlines()
    return dict(line.strip().rsplit(": ", 1) for line in lines if line.startswith("    engine."))


def _mutmut(copy: Path, *arguments: str) -> str:
    done = subprocess.run([_program(), *arguments], cwd=copy, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"mutmut {arguments[0]} failed in {copy}:\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}")
    return done.stdout


def _program() -> Path:
    return Path(sys.executable).with_name("mutmut")


if __name__ == "__main__":
    sys.exit(main())
