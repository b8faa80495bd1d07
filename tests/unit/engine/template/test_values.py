"""Preparing variables and the string form of values (templates.md 4)."""

import copy
import math
from collections import OrderedDict
from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.ports.connector import EscapeMode
from engine.template.jsontext import number_text, to_json
from engine.template.mustache import compile_template
from engine.template.values import prepare_variables


class Colour(StrEnum):
    RED = "red"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("text", "text"),
        (Colour.RED, "red"),
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (-7, "-7"),
        (2**64 + 1, "18446744073709551617"),
        (9007199254740993, "9007199254740993"),
        (2.0, "2"),
        (-1.5, "-1.5"),
        (datetime(2023, 4, 20, 4, 13, 17, 858999, tzinfo=UTC), "2023-04-20T04:13:17.858Z"),
        (datetime(2023, 4, 20, 6, 13, 17, tzinfo=timezone(timedelta(hours=2))), "2023-04-20T04:13:17.000Z"),
        (datetime(2023, 4, 20, 4, 13, 17), "2023-04-20T04:13:17.000Z"),  # noqa: DTZ001 - that is the case
        (date(2023, 4, 20), "2023-04-20T00:00:00.000Z"),
        ({}, "{}"),
        ({"g": 3, "h": None}, '{"g":3,"h":null}'),
        (OrderedDict(g=3), '{"g":3}'),
        ({"b": 'é "q"\n', "a": True}, '{"b":"é \\"q\\"\\n","a":true}'),
        ({"f": 2.0, "g": 1e-7, "n": math.nan, "i": math.inf}, '{"f":2,"g":1e-7,"n":null,"i":null}'),
        ({"small": 0.0000015, "tiny": -1.5e-7}, '{"small":0.0000015,"tiny":-1.5e-7}'),
        ({"at": datetime(2023, 4, 20, tzinfo=UTC)}, '{"at":"2023-04-20T00:00:00.000Z"}'),
        ({"big": 2**70, "surrogate": "\ud800"}, '{"big":1180591620717411303424,"surrogate":"\\ud800"}'),
        ([], ""),
        ([42, 43, 44], "42,43,44"),
        ((42, 43), "42,43"),
        ([5, {"f": 6}], '5,{"f":6}'),
        ([[1, 2], [3, None]], "1,2,3,"),
        ([[], [[]], None], ",,"),
        ([True, 2.0, "x"], "true,2,x"),
        (SimpleNamespace(a=1), ""),
        ({"o": SimpleNamespace(a=1)}, '{"o":null}'),
    ],
)
def test_string_form(render, value, text):
    assert render("{{x}}", {"x": value}) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1e16, "10000000000000000"),
        (1.5e20, "150000000000000000000"),
        (123456789012345680000.0, "123456789012345680000"),
        (1e21, "1e+21"),
        (1.25e22, "1.25e+22"),
        (-1.5e300, "-1.5e+300"),
        (0.0001, "0.0001"),
        (0.000001, "0.000001"),
        (0.00001234, "0.00001234"),
        (1e-7, "1e-7"),
        (-1.5e-7, "-1.5e-7"),
        (5e-324, "5e-324"),
        (0.1, "0.1"),
        (100.0, "100"),
        (-0.0, "0"),
        (math.nan, "NaN"),
        (math.inf, "Infinity"),
        (-math.inf, "-Infinity"),
    ],
)
def test_floats_have_the_layout_of_javascript(number, text):
    assert number_text(number) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_the_text_of_a_float_reads_back_as_it(number):
    assert float(number_text(number)) == number


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{a.asJSON}}", '[42,{"f":[null,2]}]'),
        ("{{a.length}}", "2"),
        ("{{a.0}}", "42"),
        ("{{a.1.f.1}}", "2"),
        ("{{a.1.f.asJSON}}", "[null,2]"),
        ("{{a.2}}", ""),
        ("{{a.-1}}", ""),
        ("{{a.01}}", ""),
        ("{{a.٠}}", ""),
        ("{{a.99999999999999999999}}", ""),
        ("{{s.length}}", "2"),
        ("{{s.0}}", "h"),
        ("{{s.2}}", ""),
        ("{{e.asJSON}}{{e.length}}", "[]0"),
        ("{{#a.asJSON}}{{.}}{{/a.asJSON}}", '[42,{"f":[null,2]}]'),
        ("{{o.length}}|{{o.asJSON}}|{{o.toString}}", "own|mine|too"),
        ("{{p.length}}{{p.asJSON}}{{p.toString}}", ""),
        ("{{#m}}{{length}}:{{0}};{{/m}}", "2:x;1:y;"),
    ],
)
def test_members_of_arrays_and_strings(render, template, text):
    variables = {
        "a": [42, {"f": [None, 2.0]}],
        "e": [],
        "s": "hi",
        "o": {"length": "own", "asJSON": "mine", "toString": "too"},
        "p": {},
        "m": [["x", "z"], ["y"]],
    }
    assert render(template, variables) == text


ATTRIBUTES = """
    s.upper s.__class__ o.__class__ o.keys o.get a.append a.__len__ n.real f.hex b.real t.year t.isoformat x.a
    __class__ get keys a.asJSON.array
"""


@pytest.mark.parametrize("name", ATTRIBUTES.split())
def test_only_data_is_reached(render, name):
    variables = {
        "s": "x",
        "o": {"k": 1},
        "a": [1],
        "n": 5,
        "f": 1.5,
        "b": True,
        "t": datetime(2023, 1, 1, tzinfo=UTC),
        "x": SimpleNamespace(a=1),
    }
    assert render("{{" + name + "}}{{#" + name + "}}reached{{/" + name + "}}", variables) == ""


@pytest.mark.parametrize(
    ("given_json", "expanded"),
    [
        ({"a.b": 1}, '{"a":{"b":1}}'),
        ({"a.b": 2, "a": {"x": 1}}, '{"a":{"x":1,"b":2}}'),
        ({"a": {"x": 1}, "a.b": 2}, '{"a":{"x":1,"b":2}}'),
        ({"a": 1, "a.b": 2}, '{"a":{"b":2}}'),
        ({"a.b": 2, "a": 1}, '{"a":{"b":2}}'),
        ({"a": None, "a.b": 2}, '{"a":{"b":2}}'),
        ({"a.b": 1, "a.b.c": 2}, '{"a":{"b":{"c":2}}}'),
        ({"a.b.c": 2, "a.b": 1}, '{"a":{"b":1}}'),
        ({"a": {"b": {"y": 2}}, "a.b": {"x": 1}}, '{"a":{"b":{"x":1}}}'),
        ({"a.b": {"x": 1}, "a.b.y": 2}, '{"a":{"b":{"x":1,"y":2}}}'),
        ({"a": [{"b": 1}], "a.0": 5, "a.b.c": 6}, '{"a":[{"b":1}]}'),
        ({"a": {"b": [1]}, "a.b.c": 6}, '{"a":{"b":[1]}}'),
        ({"x.__proto__.p": 1, "x.constructor": 2, "prototype.x": 3, "y": 4}, '{"y":4}'),
        ({"__proto__": 1}, '{"__proto__":1}'),
        ({"a.b": 1, "c": 2}, '{"c":2,"a":{"b":1}}'),
        ({"a": 1, "b": 2, "a.c": 3}, '{"a":{"c":3},"b":2}'),
        ({"l": [{"a.b": 1}, [{"c.d": 2}]]}, '{"l":[{"a":{"b":1}},[{"c":{"d":2}}]]}'),
        ({"a.b": {"c.d": 1}}, '{"a":{"b":{"c":{"d":1}}}}'),
        ({"a": {"b.c": 1}, "a.b.x": 2}, '{"a":{"b":{"x":2,"c":1}}}'),
        ({".a": 1, "b.": 2, "c..d": 3}, '{"":{"a":1},"b":{"":2},"c":{"":{"d":3}}}'),
    ],
)
def test_dotted_keys_expand(render, given_json, expanded):
    untouched = copy.deepcopy(given_json)
    assert render("{{.}}", given_json) == expanded
    assert to_json(given_json) == expanded
    assert given_json == untouched


def test_many_dotted_keys_of_one_object_need_no_copy_each(render):
    fields = {f"a.b.k{number}": number for number in range(100_000)}
    assert render("{{a.b.k0}} {{a.b.k99999}}", {"a": {"b": {}}, **fields}) == "0 99999"


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{host.name}}", "h"),
        ("{{#hits}}{{_source.host.name}};{{/hits}}", "flat;nested;"),
        ("{{hits.0._source.host}}", '{"name":"flat"}'),
        ("{{#hits}}{{#_source}}{{host.name}}{{/_source}},{{/hits}}", "flat,nested,"),
        ("{{.a}}", "lead"),
    ],
)
def test_names_find_expanded_keys(render, template, text):
    variables = {
        "host.name": "h",
        "hits": [{"_source": {"host.name": "flat"}}, {"_source": {"host": {"name": "nested"}}}],
        ".a": "lead",
    }
    assert render(template, variables) == text


def test_variables_serve_any_number_of_templates_and_stay_as_they_were():
    data = {"a.b": [{"c.d": 1}], "o": {"x.y": {"z.w": [1, 2]}}}
    untouched = copy.deepcopy(data)
    variables = prepare_variables(data)
    everything = compile_template("{{.}}")
    before = everything.render(variables, EscapeMode.NONE)
    compile_template("{{#a.b}}{{c.d}}{{/a.b}}{{o.x.y.z.w.0}}{{o.x}}").render(variables, EscapeMode.HTML)
    assert (
        everything.render(variables, EscapeMode.NONE)
        == before
        == '{"o":{"x":{"y":{"z":{"w":[1,2]}}}},"a":{"b":[{"c":{"d":1}}]}}'
    )
    assert data == untouched


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("ab.", max_size=4), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text("ab.", max_size=4), _json, max_size=4))
def test_looking_names_up_never_changes_what_is_printed_later(data):
    """Objects are expanded when they are reached, which must not show."""
    untouched = copy.deepcopy(data)
    fresh, used = prepare_variables(data), prepare_variables(data)
    names = ["a", "b", "a.a", "a.b", "b.a", "b.b", "a.0", "a.b.a"]
    compile_template("".join(f"{{{{#{name}}}}}{{{{a.b}}}}{{{{/{name}}}}}{{{{{name}}}}}" for name in names)).render(
        used, EscapeMode.NONE
    )
    everything = compile_template("{{.}}")
    assert everything.render(used, EscapeMode.NONE) == everything.render(fresh, EscapeMode.NONE)
    assert repr(data) == repr(untouched)
