"""``python -m benchmarks [NAME...]``: run all measurements, or the named ones, and print their figures."""

import asyncio
import importlib
import platform
import sys
from importlib.metadata import version
from pathlib import Path

from tocsin.process import tune_process

_NAMES = ("evaluations", "many_alerts", "daemon", "local_search", "recurrence_verdicts", "deciding", "rendering")


def machine() -> str:
    """What the figures were measured on."""
    cpu = next((line.split(":")[1].strip() for line in _cpu_lines() if line.startswith("model name")), "unknown CPU")
    libraries = ", ".join(
        f"{name} {version(name)}" for name in ("sqlalchemy", "aiohttp", "duckdb", "orjson", "pydantic")
    )
    return f"{cpu}; Python {platform.python_version()}; {platform.system()} {platform.release()}; {libraries}"


def _cpu_lines() -> list[str]:
    info = Path("/proc/cpuinfo")
    return info.read_text().splitlines() if info.exists() else []


def main() -> None:
    tune_process()
    names = sys.argv[1:] or _NAMES
    print(machine())
    for name in names:
        print(f"\n{name}")
        module = importlib.import_module(f"benchmarks.{name}")
        for figure, value in asyncio.run(module.measure()).items():
            print(f"  {figure:<58} {value}")


if __name__ == "__main__":
    main()
