"""``python -m benchmarks.mutants``: how many small faults in `engine.run` and `engine.notify` their unit tests notice.

mutmut makes the faults (mutants) and runs for each one the tests that reach it; a sample of them, the same in each run
of the same sources. It works on a copy in a temporary folder, which stays for a look at what survived.
"""

import argparse
import math
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
_PACKAGES = ("run", "notify")
_SEED = 20240506
_SHARE = 0.25
_LOWEST_SCORE = 80.0
_KILLED = frozenset({"killed", "timeout", "segfault"})
"""What mutmut says of mutants that made a test fail, never end, or break down. All others count as survivors."""

_PROBE = "engine.notify.gates.*"
"""A handful of mutants. mutmut has no command that only makes them: the first run makes all and tries these."""

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
only_mutate = ["engine/run/*", "engine/notify/*"]
also_copy = ["conftest.py"]
pytest_add_cli_args = {[argument for name in _LEFT_OUT for argument in ("-p", "no:" + name)]}
pytest_add_cli_args_test_selection = ["tests"]
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


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mutants", description=__doc__)
    parser.add_argument("--share", type=_share, default=_SHARE, help="how much to sample, above 0 to 1 (%(default)s)")
    parser.add_argument("--package", choices=_PACKAGES, help="only this one")
    parser.add_argument("--children", type=int, default=os.cpu_count(), help="processes at a time (%(default)s)")
    options = parser.parse_args()
    copy = Path(tempfile.mkdtemp(prefix="tocsin-mutants-"))
    print(f"working in {copy}, for some minutes", flush=True)
    prepare(copy)
    packages = [options.package] if options.package else list(_PACKAGES)
    scores = measure(copy, packages, options.share, options.children)
    print_scores(scores, copy)
    return 0 if min(score.percent for score in scores) >= _LOWEST_SCORE else 1


def prepare(copy: Path) -> None:
    """Copy the engine, the tests of both packages and what they need; mutmut writes only below ``copy``."""
    without_bytecode = shutil.ignore_patterns("__pycache__")
    shutil.copytree(_ROOT / "engine", copy / "engine", ignore=without_bytecode)
    for package in _PACKAGES:
        tests = Path("tests", "unit", "engine", package)
        shutil.copytree(_ROOT / tests, copy / tests, ignore=without_bytecode)
    shutil.copy(_ROOT / "benchmarks" / "mutants_conftest.py", copy / "conftest.py")
    configuration = (_ROOT / "pyproject.toml").read_text(encoding="utf-8") + _CONFIGURATION
    (copy / "pyproject.toml").write_text(configuration, encoding="utf-8")


def measure(copy: Path, packages: Iterable[str], share: float, children: int) -> list[Score]:
    """Make all mutants, try a sample of each package's, and judge them."""
    _mutmut(copy, "run", "--max-children", str(children), _PROBE)
    generated = {package: sorted(_names(_results(copy), package)) for package in packages}
    sampled = {package: _sample(names, share) for package, names in generated.items()}
    _mutmut(copy, "run", "--max-children", str(children), *(name for names in sampled.values() for name in names))
    results = _results(copy)
    return [
        Score(
            package,
            len(generated[package]),
            tuple(names),
            tuple(name for name in names if results[name] not in _KILLED),
        )
        for package, names in sampled.items()
    ]


def print_scores(scores: Sequence[Score], copy: Path) -> None:
    for score in scores:
        for name in score.survived:
            print(f"survived  {name}")
    if any(score.survived for score in scores):
        print(f"\nsee one:  cd {copy} && {_program()} show NAME\n")
    print(f"{'':<16}{'generated':>10}{'sampled':>10}{'killed':>10}{'survived':>10}{'score':>9}")
    for score in [*scores, _together(scores)] if len(scores) > 1 else scores:
        counts = f"{score.generated:>10}{len(score.sampled):>10}{score.killed:>10}{len(score.survived):>10}"
        print(f"{score.package:<16}{counts}{score.percent:>7.1f} %")


def _together(scores: Iterable[Score]) -> Score:
    """Each package gave the same share, so the sums need no weights."""
    sampled = tuple(name for score in scores for name in score.sampled)
    survived = tuple(name for score in scores for name in score.survived)
    return Score("together", sum(score.generated for score in scores), sampled, survived)


def _share(text: str) -> float:
    share = float(text)
    if not 0 < share <= 1:
        raise argparse.ArgumentTypeError("must be above 0 and at most 1")
    return share


def _sample(names: Sequence[str], share: float) -> list[str]:
    return sorted(random.Random(_SEED).sample(names, math.ceil(len(names) * share)))


def _names(results: Mapping[str, str], package: str) -> list[str]:
    return [name for name in results if name.startswith(f"engine.{package}.")]


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
