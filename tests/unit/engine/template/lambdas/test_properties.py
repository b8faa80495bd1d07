"""What holds for every lambda and all texts."""

import re

from hypothesis import given
from hypothesis import strategies as st

from engine.ports.connector import EscapeMode
from engine.template.lambdas.contract import TRIMS
from engine.template.mustache import compile_template
from engine.template.values import prepare_variables

_FRAGMENTS = """
    1 2.5 -3 1e9 a b.c [0] ( ) + - * / , ; : > == max( round( ifelse( defaults( 'x' {a: } [ ] ''' # // /* */ null true
    2022-11-29 T15:52:44 Z +01:00 UTC Europe/Vienna YYYY LLLL [x] S \\ en-US de style: currency currency: EUR notation:
    compact percent unit: megabyte minimumFractionDigits: maximumSignificantDigits: 21 Infinity é \ud800 % {{a}} {{{b}}}
"""
_texts = st.lists(st.sampled_from([*_FRAGMENTS.split(), " ", "\n"]), max_size=12).map("".join)
_numbers = st.floats() | st.integers() | st.just(10**400)
_values = _numbers | st.none() | st.booleans() | st.text(max_size=3) | st.lists(_numbers, max_size=3)
_data = st.fixed_dictionaries({}, optional={"a": _values, "b": st.fixed_dictionaries({}, optional={"c": _values})})


@given(st.sampled_from(list(TRIMS)), _texts, _data)
def test_calling_never_raises(name: str, text: str, data: dict[str, object]) -> None:
    errors: list[str] = []
    template = compile_template(f"{{{{#{name}}}}}{text}{{{{/{name}}}}}")
    rendered = template.render(prepare_variables(data), EscapeMode.NONE, errors=errors)
    assert not [error for error in errors if re.search("unexpected [A-Z]", error)]
    assert not errors or "error" in rendered


class _Trap:
    """Any look at it other than asking for its type fails the test."""

    def __getattribute__(self, name: str) -> object:
        if name == "__class__":
            return _Trap
        raise AssertionError(f"reached {name}")


@given(st.sampled_from(["a", "a.upper", "a.__class__", "b.c", "first(b)", "a + 1", "unique(b)", "defaults(a, 1)"]))
def test_attributes_are_never_reached(expression: str) -> None:
    data = {"a": _Trap(), "b": [_Trap()]}
    template = compile_template(f"{{{{#EvalMath}}}}{expression}{{{{/EvalMath}}}}")
    assert "unexpected" not in template.render(prepare_variables(data), EscapeMode.NONE)


@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(["en-US", "de-DE", "fr-FR", "en-IN", "sv-SE"]))
def test_a_number_written_with_all_its_digits_reads_back(number: float, locale: str) -> None:
    template = compile_template(
        f"{{{{#FormatNumber}}}}{number!r};{locale};maximumSignificantDigits: 21,useGrouping: false{{{{/FormatNumber}}}}"
    )
    text = template.render(prepare_variables({}), EscapeMode.NONE)
    assert float(text.replace("−", "-").replace(",", ".")) == number
