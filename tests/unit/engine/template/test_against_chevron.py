"""chevron as a second opinion, where both must agree (templates.md 7).

The generator stays out of what chevron is known to do otherwise:

- what is printed: texts without markup characters, and integers (chevron prints Python's repr of all else, and escapes
  fewer characters);
- what sections go over: also flags, arrays and non-empty objects; no ``{}`` and no falsy element (chevron skips both);
- ``{{.}}`` only directly inside a section over an array of texts (elsewhere chevron prints a repr, or the flag of the
  enclosing section);
- no name occurs in a section of the same name (chevron ends ``{{#l}}{{^l}}{{/l}}{{/l}}`` too early), and none is an
  attribute of a Python type;
- a line holds one tag alone, or its tags stand beside visible text (chevron keeps lines of several silent tags), and
  ends with a line ending; indentation is spaces;
- no triple tags, partials, lambdas, dotted keys or malformed templates.
"""

import chevron
from hypothesis import given
from hypothesis import strategies as st

_PRINTED = ("x", "y", "o.x", "o.o.y", "o.missing", "missing")
_SECTIONS = ("x", "y", "f", "o", "l", "w", "o.o", "o.l", "o.f", "missing")

_texts = st.text("abc 1", max_size=4)
_words = st.text("abc1", min_size=1, max_size=4)
_scalars = st.none() | _texts | st.integers(-3, 3)


def _objects(depth: int) -> st.SearchStrategy[dict[str, object]]:
    members = {"x": _scalars, "y": _scalars, "f": st.booleans(), "w": st.lists(_words, max_size=3)}
    if depth:
        members |= {"o": _objects(depth - 1), "l": st.lists(_objects(depth - 1), max_size=3)}
    return st.fixed_dictionaries({"k": st.just("v")}, optional=members)


def _lines(depth: int, outer: tuple[str, ...] = ()) -> st.SearchStrategy[str]:
    names = st.sampled_from([name for name in _SECTIONS if name not in outer])
    printed = st.sampled_from(_PRINTED)
    indent = st.sampled_from(["", " ", "    "])
    line = st.one_of(
        _texts.map("{}\n".format),
        st.builds("{}{{{{{}}}}}{}\n".format, indent, printed, _texts),
        st.builds("- {{{{{} }}}}{{{{& {}}}}}\n".format, printed, printed),
        st.builds("- {{{{#{0}}}}}{1}{{{{/{0}}}}} {{{{^{0}}}}}{1}{{{{/{0}}}}} end\n".format, names, _texts),
        indent.map("{}{{{{! comment\n over two lines }}}}\n".format),
        printed.map("{{{{=<% %>=}}}}\n<%{0}%> {{{{{0}}}}}\n<%={{{{ }}}}=%>\n".format),
    )
    if "w" not in outer:
        line |= st.just("- {{#w}}[{{.}}]{{/w}}\n")
    if depth:
        line |= names.flatmap(
            lambda name: st.builds(
                "{1}{{{{{2}{0}}}}}\n{3}{1}{{{{/{0}}}}}\n".format,
                st.just(name),
                indent,
                st.sampled_from("#^"),
                _lines(depth - 1, (*outer, name)),
            )
        )
    return st.lists(line, max_size=5).map("".join)


@given(_lines(3), _objects(2))
def test_both_render_the_same(render, template, data):
    expected = chevron.render(template, data, partials_path=None)
    assert render(template, data, "none") == expected
    assert render(template, data, "html") == expected
