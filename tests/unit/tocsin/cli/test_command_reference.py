"""The command reference says what the commands say."""

import importlib.util
from pathlib import Path

ROOT = Path(__file__).parents[4]


def test_the_reference_is_what_help_prints() -> None:
    spec = importlib.util.spec_from_file_location("generate_commands", ROOT / "docs" / "generate_commands.py")
    assert spec is not None
    assert spec.loader is not None
    generator = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generator)
    written = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert written == generator.reference(), "run `make docs`"
