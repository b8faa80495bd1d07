"""The escape modes of templates.md 3."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.template.escaping import escape_html, escape_json, escape_markdown, escape_slack, is_absolute_url


def test_none_changes_nothing(render):
    assert render("{{x}}", {"x": "<&>\"'`*_\\\n"}) == "<&>\"'`*_\\\n"


@pytest.mark.parametrize("mode", ["none", "json", "markdown", "html", "slack"])
@pytest.mark.parametrize("tag", ["{{{x}}}", "{{&x}}", "{{& x }}", "{{{ x }}}"])
def test_triple_and_ampersand_tags_never_escape(render, mode, tag):
    assert render(tag, {"x": '<a_b> "c" *.\\`'}, mode) == '<a_b> "c" *.\\`'


@pytest.mark.parametrize("mode", ["json", "markdown", "html", "slack"])
def test_literal_text_is_never_escaped(render, mode):
    assert render('<a_b> "c" *.\\` {{x}}', {"x": 1}, mode) == '<a_b> "c" *.\\` 1'


@pytest.mark.parametrize("mode", ["none", "json", "markdown", "html", "slack"])
@pytest.mark.parametrize("variables", [{}, {"x": None}])
def test_missing_and_null_are_empty_in_every_mode(render, mode, variables):
    assert render("[{{x}}]", variables, mode) == "[]"


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ('"', '\\"'),
        ("\\", "\\\\"),
        ("\b\f\n\r\t", "\\b\\f\\n\\r\\t"),
        ("\x00\x0b\x1f", "\\u0000\\u000b\\u001f"),
        ("/\x7f\u2028\u2029é日😀", "/\x7f\u2028\u2029é日😀"),
        ("\ud800", "\\ud800"),
    ],
)
def test_json(text, escaped):
    assert escape_json(text) == escaped


@given(st.text())
def test_json_escape_is_what_a_json_parser_reads_back(text):
    assert json.loads(f'"{escape_json(text)}"') == text


@pytest.mark.parametrize("character", "\\|`*_{}[]()#+-.!")
def test_markdown_puts_a_backslash_before_each_of_its_characters(character):
    assert escape_markdown(f"a{character}{character}b") == f"a\\{character}\\{character}b"


def test_markdown_leaves_all_else():
    assert escape_markdown("<>&\"~=/'\n é") == "<>&\"~=/'\n é"


@pytest.mark.parametrize(
    ("character", "entity"),
    [
        ("&", "&amp;"),
        ("<", "&lt;"),
        (">", "&gt;"),
        ('"', "&quot;"),
        ("'", "&#39;"),
        ("/", "&#x2F;"),
        ("`", "&#x60;"),
        ("=", "&#x3D;"),
    ],
)
def test_html(character, entity):
    assert escape_html(f"{character}a{character}") == f"{entity}a{entity}"


def test_html_escapes_each_character_once():
    assert escape_html("&lt;/=*_\\") == "&amp;lt;&#x2F;&#x3D;*_\\"


@pytest.mark.parametrize(
    ("mode", "text"), [("markdown", "\\-1\\.5"), ("html", "-1.5"), ("json", "-1.5"), ("slack", "-1.5")]
)
def test_numbers_are_escaped_like_strings(render, mode, text):
    assert render("{{x}}", {"x": -1.5}, mode) == text


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("https://te_st.com/", "https://te_st.com/"),
        ("https://h/p_1?a=1&b=2", "https://h/p_1?a=1&amp;b=2"),
        ("*bold*", "`*bold*`"),
        ("host my_host is down", "`host my_host is down`"),
        ("CPU: my_host", "CPU: my_host"),
        ("rule_name: foo", "`rule_name: foo`"),
        ("http://a b_c", "`http://a b_c`"),
        ("https://a_b .com", "`https://a_b .com`"),
        ("http://a_b:99999/", "`http://a_b:99999/`"),
        ("https://te_st.com/ x", "https://te_st.com/ x"),
        ("`*bold*`", "`'*bold*'`"),
        ("*<&>", "`*<&>`"),
        ("a <b> & `c`", "a &lt;b&gt; &amp; 'c'"),
        ("plain", "plain"),
    ],
)
def test_slack(text, escaped):
    assert escape_slack(text) == escaped


@pytest.mark.parametrize(
    "url",
    [
        " \x00https://a_b/ \n",
        "ht\ntps://a_b",
        "HTTP://a_b",
        "http:a_b",
        "http:\\\\a_b\\x",
        "https:////a_b",
        "http://a_b:65535",
        "http://a_b:/",
        "http://a_b:0000080/",
        "http://us_er:p@h/",
        "http://[::1]:80/_",
        "http://h?_ <>",
        "mailto:a_b@c",
        "a+b-c.1:_",
    ],
)
def test_is_an_absolute_url(url):
    assert is_absolute_url(url)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a_b",
        "/a_b",
        "//a_b",
        "1a:_",
        "http://",
        "http:///?_",
        "http://u_@/",
        "ws://a_b:65536",
        "ftp://a_b:8o/",
        "wss://a|b",
        "http://a%b_",
        "http://a_b^",
        "http://a_<b>",
        "http://[::_]/",
        "http://[::1/",
        "http://a[b]_/",
        "http://a_b:1:2",
        "http://a_b:" + "9" * 5000,
    ],
)
def test_is_no_absolute_url(text):
    assert not is_absolute_url(text)
