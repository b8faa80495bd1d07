"""Text analysis: from text to tokens (embedded-search.md 3)."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import lru_cache

_LONGEST_TOKEN = 255

_ASCII_WORD = re.compile(r"[A-Za-z0-9_]+(?:(?:(?<=[A-Za-z])[.':](?=[A-Za-z])|(?<=[0-9])[.,;'](?=[0-9]))[A-Za-z0-9_]+)*")
_ASCII_JOINED = re.compile(r"[a-z0-9][.,;:'][a-z0-9]|_")
_ASCII_BLANKS = {code: " " for code in range(128) if not chr(code).isalnum()}
_ENGLISH = """a an and are as at be but by for if in into is it no not of on or such that the their then there these
they this to was will with"""
_STOP_WORDS = frozenset(_ENGLISH.split())
_SINGLE = "\u3040-\u309f\u2e80-\u2fdf\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_EMOJI = "\U0001f1e6-\U0001f1ff\U0001f300-\U0001faff\u2600-\u27bf\u2b50\u2b55"


@lru_cache(maxsize=1)
def _unicode_word() -> "re.Pattern[str]":
    marks = "".join(chr(code) for code in range(0x300, 0x10000) if unicodedata.category(chr(code)) in ("Mn", "Mc"))
    word = rf"(?:(?![{_SINGLE}])[\w{marks}])+"
    letter_before, letter_after = rf"(?<=[^\W\d_{_SINGLE}]|[{marks}])", rf"(?=[^\W\d_])(?![{_SINGLE}])"
    middle = rf"(?:{letter_before}[.':\u2018\u2019\u2024\u00b7]{letter_after}|(?<=\d)[.,;'\u2018\u2019](?=\d))"
    emoji = rf"[{_EMOJI}](?:[\ufe0f\U0001f3fb-\U0001f3ff]|\u200d[{_EMOJI}])*"
    return re.compile(rf"{emoji}|[{_SINGLE}][{marks}]*|{word}(?:{middle}{word})*")


def _standard(text: str) -> list[str]:
    lowered = text.lower()
    if lowered.isascii():
        if _ASCII_JOINED.search(lowered) is None:
            # Nothing joins words here: this way is five times as fast.
            return _split_long(lowered.translate(_ASCII_BLANKS).split(), lowered)
        words = _ASCII_WORD.findall(lowered)
    else:
        words = _unicode_word().findall(lowered)
    if "_" in lowered:
        words = [word for word in words if word.strip("_")]
    return _split_long(words, lowered)


def _split_long(tokens: list[str], text: str) -> list[str]:
    if len(text) <= _LONGEST_TOKEN:
        return tokens
    return [token[at : at + _LONGEST_TOKEN] for token in tokens for at in range(0, len(token), _LONGEST_TOKEN)]


def _simple(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", text.lower())


def _stop(text: str) -> list[str]:
    return [token for token in _simple(text) if token not in _STOP_WORDS]


def _whole(text: str) -> list[str]:
    return [text]


_ANALYZERS: Mapping[str, Callable[[str], list[str]]] = {
    "standard": _standard,
    "simple": _simple,
    "whitespace": str.split,
    "keyword": _whole,
    "stop": _stop,
}


def is_known_analyzer(name: object) -> bool:
    """Whether there is an analyser of that name."""
    return name in _ANALYZERS


def analyze(text: str, analyzer: str) -> list[str]:
    """The tokens of a text, in order."""
    return _ANALYZERS[analyzer](text)
