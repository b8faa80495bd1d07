"""``ParseHjson``: Hjson read by the library of that name, printed as compact JSON (templates.md 6.2)."""

import re
from typing import Final

from engine.model.jsonvalue import JsonValue
from engine.template.jsontext import MAX_DATA_DEPTH, TooDeep, to_json
from engine.template.lambdas.contract import LambdaError, LambdaInput
from engine.template.objects import DataObject

MAX_CHARS: Final = 1_000_000
_STEPS_A_CHAR: Final = 10
"""The library goes character by character, at about a microsecond each."""

_PUNCTUATION: Final = frozenset("{}[],:")
_END_OF_WORD: Final = re.compile(r"[\r\n,}\]#]|//|/\*|\Z")
_END_OF_LINE: Final = re.compile(r"[\r\n]|\Z")
_NUMBER: Final = re.compile(r"(-?(?:0|[1-9][0-9]*))((?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)[\t ]*")
_WORDS: Final[dict[str, JsonValue]] = {"null": None, "true": True, "false": False}


def hjson_to_json(given: LambdaInput) -> str:
    """The JSON of a Hjson text; an empty one is an empty object."""
    if len(given.text) > MAX_CHARS:
        raise LambdaError(f"the text is longer than {MAX_CHARS} characters")
    given.charge(_STEPS_A_CHAR * len(given.text))
    try:
        return to_json(_read(given.text))
    except (RecursionError, TooDeep):
        raise LambdaError(f"the value is nested deeper than {MAX_DATA_DEPTH}") from None
    except (ValueError, IndexError, OverflowError) as error:
        # An IndexError is the library's way to say that the text ends within a comment or block.
        place = f" at character {error.pos - 1}" if hasattr(error, "pos") else ""
        raise LambdaError(f"no valid Hjson{place}") from None


def _read(text: str) -> JsonValue:
    from hjson.decoder import HjsonDecoder, make_scanner  # here, because few templates need it

    # Keys with dots stay as they are: what is printed is the text's data, not a template's variables.
    decoder = HjsonDecoder(object_pairs_hook=DataObject)
    decoder.parse_tfnns = _read_quoteless
    decoder.scan_once, decoder.scan_object_once = make_scanner(decoder)
    # The library looks for the start of the line that a block begins on, also where there is no earlier one.
    return decoder.decode("\n" + text.removeprefix("\ufeff"))


def _read_quoteless(_: object, text: str, start: int) -> tuple[JsonValue, int]:
    """A number or word if one stands before a separator, else the text to the end of the line; and where it ends.

    In place of the library's own, which looks at the whole word again at each separator on the line, and so takes
    quadratic time.
    """
    if text[start] in _PUNCTUATION:
        raise ValueError
    end = _end(_END_OF_WORD, text, start)
    word = text[start:end].strip()
    if word in _WORDS:
        return _WORDS[word], end
    number = _NUMBER.fullmatch(text, start, end)
    if number is not None:
        return (float(number[1] + number[2]) if number[2] else int(number[1])), end
    end = _end(_END_OF_LINE, text, start)
    return text[start:end].strip(), end


def _end(pattern: re.Pattern[str], text: str, start: int) -> int:
    found = pattern.search(text, start)
    return len(text) if found is None else found.start()
