"""What the README shows works."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def _blocks(language: str) -> list[str]:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


def test_one_alerts_life_in_less_than_fifteen_lines() -> None:
    [example] = _blocks("python")
    lines = [line for line in example.splitlines() if line.strip()]
    assert len(lines) < 15
    exec(compile(example, "README.md", "exec"), {})


def test_every_command_it_names_exists(tocsin) -> None:
    shown = [line.split("#")[0].strip() for block in _blocks("sh") for line in block.splitlines()]
    verbs = {line.split()[1] for line in shown if line.startswith("tocsin ")}
    assert verbs == {"check", "run", "why"}
    for verb in verbs:
        options = {
            word for line in shown if f"tocsin {verb} " in line for word in line.split() if word.startswith("--")
        }
        text = tocsin(verb, "--help").stdout
        assert {option for option in options if option not in text} == set()
    targets = {line.split()[1] for line in shown if line.startswith("make ")}
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert {target for target in targets if f"\n{target}:" not in makefile} == set()


def test_what_it_links_to_is_there() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert (ROOT / target).exists(), target
