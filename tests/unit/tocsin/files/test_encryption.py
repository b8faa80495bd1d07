"""The encryption key: from files or the environment, the present one first (connector-framework.md 3)."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from engine.model.errors import InvalidInput
from tocsin.files.config import LoadedConfig, load_config
from tocsin.files.problems import render

NEW, OLD, OLDEST = (f"the {name} key, which is long enough" for name in ("new", "old", "oldest"))
Load = Callable[..., LoadedConfig]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Loads a text as tocsin.yml; beside it are files with keys: ``new``, ``old``, ``oldest``, ``short``, ``bad``."""
    for name, text in (("new", NEW + "\n"), ("old", OLD), ("oldest", OLDEST + "\r\n"), ("short", "hush-hush")):
        (tmp_path / name).write_text(text, newline="")
    (tmp_path / "bad").write_bytes(b"\xff" * 40)

    def from_text(text: str, environ: Mapping[str, str] | None = None, **needs: bool) -> LoadedConfig:
        file = tmp_path / "tocsin.yml"
        file.write_text(text)
        return load_config(file, environ=environ or {}, **needs)

    return from_text


@pytest.mark.parametrize(
    ("text", "environ", "keys"),
    [
        ("{}", {}, ()),
        ("{}", {"TOCSIN_ENCRYPTION_KEY": NEW}, (NEW,)),
        ("encryption: {key_file: new}", {}, (NEW,)),
        ("encryption: {key_file: new}", {"TOCSIN_ENCRYPTION_KEY": NEW}, (NEW,)),
        ("encryption: {key_file: new, older_key_files: [old, oldest]}", {}, (NEW, OLD, OLDEST)),
        ("encryption: {older_key_files: [old]}", {"TOCSIN_ENCRYPTION_KEY": NEW}, (NEW, OLD)),
    ],
)
def test_the_present_key_goes_before_older_ones(
    load: Load, text: str, environ: Mapping[str, str], keys: tuple[str, ...]
) -> None:
    loaded = load(text, environ)
    assert (loaded.problems, loaded.config.encryption_keys) == ([], keys)
    assert not any(key in repr(loaded) for key in keys)


@pytest.mark.parametrize(
    ("text", "environ", "path", "told"),
    [
        ("encryption: {key_file: nowhere}", {}, "encryption.key_file", "cannot be read"),
        ("encryption: {key_file: short}", {}, "encryption.key_file", "9 characters"),
        ("encryption: {key_file: bad}", {}, "encryption.key_file", "holds no key"),
        ("encryption: {key_file: old, older_key_files: [short]}", {}, "encryption.older_key_files.0", "9 characters"),
        ("encryption: {older_key_files: [old]}", {}, "encryption.key_file", "is missing"),
        ("encryption: {key_file: old}", {"TOCSIN_ENCRYPTION_KEY": NEW}, "encryption.key_file", "another key"),
        ("{}", {"TOCSIN_ENCRYPTION_KEY": "hush-hush"}, "encryption", "TOCSIN_ENCRYPTION_KEY"),
        ("encryption: {key: hush-hush-hush}", {}, "encryption.key", "is not a known member"),
    ],
)
def test_what_is_wrong_is_told_without_the_key(
    load: Load, text: str, environ: Mapping[str, str], path: str, told: str
) -> None:
    [problem] = load(text, environ).problems
    assert problem.path == path
    assert told in problem.message
    assert problem.remedy
    assert "hush" not in render(problem)


@pytest.mark.parametrize(
    "text", ["encryption: {key_file: nowhere, older_key_files: [old]}", "encryption: {key_file: short}"]
)
def test_a_present_key_that_cannot_be_had_is_not_replaced_by_an_older_one(load: Load, text: str) -> None:
    assert load(text).config.encryption_keys == ()


def test_an_operators_shell_may_lack_it(load: Load) -> None:
    text = "encryption: {key_file: nowhere}"
    assert load(text, needs_secrets=False).problems == []
    assert [problem.path for problem in load(text, needs_secrets=False, needs_key=True).problems] == [
        "encryption.key_file"
    ]


def test_without_a_file_there_is_the_environment() -> None:
    assert load_config(None, environ={"TOCSIN_ENCRYPTION_KEY": NEW}).config.encryption_keys == (NEW,)
    assert load_config(None, environ={}).config.encryption_keys == ()
    with pytest.raises(InvalidInput, match="TOCSIN_ENCRYPTION_KEY") as caught:
        load_config(None, environ={"TOCSIN_ENCRYPTION_KEY": "hush-hush"})
    assert "hush" not in str(caught.value)
