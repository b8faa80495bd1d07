"""``python -m tocsin`` and the command ``tocsin``."""

import importlib.util
import sys
from pathlib import Path

from tocsin.process import tune_process


def main() -> None:
    """Run the command line."""
    tune_process()
    _check_own_packages()
    from tocsin.cli.app import run_app

    run_app()


def _check_own_packages() -> None:
    """The packages beside tocsin have general names: another ``engine`` on the path would be taken for ours."""
    home = Path(__file__).resolve().parent.parent
    for name in ("engine", "rule_types", "connectors"):
        spec = importlib.util.find_spec(name)
        found = Path(spec.origin).resolve().parent.parent if spec and spec.origin else None
        if found != home:
            sys.exit(
                f"tocsin: the Python package {name!r} found at {found} is not tocsin's own.\n"
                "Another project on the path has a package of that name: run tocsin from another directory, without "
                "PYTHONPATH, or from an environment of its own (pipx install tocsin)."
            )


if __name__ == "__main__":
    main()
