"""Which params are rendered, and how (templates.md 2)."""

import copy

import pytest

from engine.model.jsonvalue import JsonObject
from engine.ports.connector import DEFAULT_TREATMENT, EscapeMode, TemplateTreatment
from engine.template.params import compile_params
from engine.template.values import prepare_variables

TAG = "{{x}}"
SLACK = TemplateTreatment({"message": EscapeMode.SLACK}, default=None, keeps_only_modes=True)
SLACK_API_TEXT = TemplateTreatment({"subActionParams.text": EscapeMode.SLACK}, default=None)
SLACK_API_BLOCKS = TemplateTreatment({"subActionParams.text": EscapeMode.JSON}, default=None)
EMAIL = TemplateTreatment({"message": EscapeMode.MARKDOWN, "messageHTML": EscapeMode.HTML})
WEBHOOK = TemplateTreatment({"body": EscapeMode.JSON}, default=None, keeps_only_modes=True)
UNTOUCHED = TemplateTreatment(default=None)
DEFAULTS = TemplateTreatment(defaults={"a": {}, "a.key": TAG, "b.c.key": TAG})
FIXED = TemplateTreatment(fixed={"index": None}, by_connector={"history": DEFAULT_TREATMENT})

VARIABLES = {"x": 'a_b "<c>"', "n": 5}


@pytest.mark.parametrize(
    ("treatment", "params", "rendered"),
    [
        (DEFAULT_TREATMENT, {"message": TAG}, {"message": 'a_b "<c>"'}),
        (
            DEFAULT_TREATMENT,
            {TAG: [{"deep": [TAG, 1, 1.5, True, None, {}, []]}], "n": None, "e": ""},
            {TAG: [{"deep": ['a_b "<c>"', 1, 1.5, True, None, {}, []]}], "n": None, "e": ""},
        ),
        (DEFAULT_TREATMENT, {"n": "{{n}}"}, {"n": "5"}),
        (DEFAULT_TREATMENT, {}, {}),
        (FIXED, {"index": TAG, "a": TAG}, {"index": None, "a": 'a_b "<c>"'}),
        (FIXED, {}, {"index": None}),
        (FIXED.of_connector("history"), {"index": TAG}, {"index": 'a_b "<c>"'}),
        (FIXED.of_connector("other"), {"index": TAG}, {"index": None}),
        (SLACK, {"message": TAG, "channel": TAG}, {"message": '`a_b "<c>"`'}),
        (SLACK, {"message": "", "channel": TAG}, {"message": "", "channel": TAG}),
        (
            SLACK_API_TEXT,
            {"subAction": "postMessage", "subActionParams": {"channels": [TAG], "text": TAG}},
            {"subAction": "postMessage", "subActionParams": {"channels": [TAG], "text": '`a_b "<c>"`'}},
        ),
        (
            SLACK_API_BLOCKS,
            {"subActionParams": {"channelNames": [TAG], "text": TAG}},
            {"subActionParams": {"channelNames": [TAG], "text": 'a_b \\"<c>\\"'}},
        ),
        (SLACK_API_TEXT, {"subActionParams": TAG}, {"subActionParams": TAG}),
        (
            EMAIL,
            {"to": [TAG], "subject": TAG, "message": TAG, "messageHTML": TAG},
            {
                "to": ['a_b "<c>"'],
                "subject": 'a_b "<c>"',
                "message": 'a\\_b "<c>"',
                "messageHTML": "a_b &quot;&lt;c&gt;&quot;",
            },
        ),
        (EMAIL, {"message": None, "messageHTML": None}, {"message": None, "messageHTML": None}),
        (EMAIL, {"message": [TAG]}, {"message": ['a\\_b "<c>"']}),
        (WEBHOOK, {"body": f'"{TAG}"', "path": TAG}, {"body": '"a_b \\"<c>\\""'}),
        (WEBHOOK, {"body": "", "path": TAG}, {"body": "", "path": TAG}),
        (WEBHOOK, {"body": None, "path": TAG}, {"body": None, "path": TAG}),
        (WEBHOOK, {"body": {"x": TAG}}, {"body": {"x": TAG}}),
        (WEBHOOK, {"path": TAG}, {"path": TAG}),
        (UNTOUCHED, {"a": TAG, "b": [TAG]}, {"a": TAG, "b": [TAG]}),
        (
            TemplateTreatment({"a.b": EscapeMode.JSON, "a.c": EscapeMode.HTML}, default=None, keeps_only_modes=True),
            {"a": {"b": TAG, "d": TAG}, "e": TAG},
            {"a": {"b": 'a_b \\"<c>\\"'}},
        ),
        (
            TemplateTreatment({"l.1": EscapeMode.JSON}, default=None),
            {"l": [TAG, TAG]},
            {"l": [TAG, 'a_b \\"<c>\\"']},
        ),
        (DEFAULTS, {"a": {"z": 1}}, {"a": {"z": 1, "key": 'a_b "<c>"'}}),
        (DEFAULTS, {"a": {"key": None}}, {"a": {"key": None}}),
        (DEFAULTS, {"a": {"key": ""}, "b": {"c": {}}}, {"a": {"key": ""}, "b": {"c": {"key": 'a_b "<c>"'}}}),
        (DEFAULTS, {"a": "text", "b": {}}, {"a": "text", "b": {}}),
        (DEFAULTS, {}, {"a": {"key": 'a_b "<c>"'}}),
        (TemplateTreatment(by_sub_action={"x": DEFAULTS}), {"subAction": "y", "a": {}}, {"subAction": "y", "a": {}}),
    ],
)
def test_rendered_params(treatment, params, rendered):
    stored = copy.deepcopy(params)
    result = compile_params(params, treatment).render(prepare_variables(VARIABLES))
    assert result.params == rendered
    assert result.errors == []
    assert params == stored


def test_members_keep_their_order():
    params = {"b": "{{x}}", "a": [1], "c": {"z": 1, "y": "{{x}}", "x": {}}}
    rendered = compile_params(params, DEFAULT_TREATMENT).render(prepare_variables({})).params
    assert list(rendered) == ["b", "a", "c"]
    assert list(rendered["c"]) == ["z", "y", "x"]


def test_what_is_handed_out_is_shared_with_nobody():
    params = {"o": {"k": [1, {"a": "text"}]}}
    compiled = compile_params(params, DEFAULT_TREATMENT)
    first = compiled.render(prepare_variables({})).params
    first["o"]["k"][1]["a"] = "changed"
    first["o"]["k"].append(2)
    assert params == {"o": {"k": [1, {"a": "text"}]}}
    assert compiled.render(prepare_variables({})).params == params


def test_one_bad_template_spares_the_others_and_is_reported_with_its_path():
    params = {"good": "{{n}}", "bad": {"list": [1, "{{x", {"worse": "{{/y}}"}]}}
    result = compile_params(params, DEFAULT_TREATMENT).render(prepare_variables(VARIABLES))
    assert result.params["good"] == "5"
    assert "error" in result.params["bad"]["list"][1]
    assert result.errors == [
        "bad.list.1: template error at offset 3 (tag not closed, it opens at offset 0)",
        "bad.list.2.worse: template error at offset 0 ([y] closed without having been opened)",
    ]


def test_the_limit_holds_for_each_string_by_itself():
    params = {"a": "{{x}}", "b": "{{x}}{{x}}"}
    result = compile_params(params, DEFAULT_TREATMENT).render(prepare_variables({"x": "12345"}), max_chars=5)
    assert result.params["a"] == "12345"
    assert result.errors == ["b: template error at offset 5 (the output exceeds the maximum length)"]


def test_params_may_be_nested_to_any_depth():
    params: dict[str, object] = {"x": "{{n}}"}
    for _ in range(20_000):
        params = {"p": [params]}
    rendered = compile_params(params, DEFAULT_TREATMENT).render(prepare_variables(VARIABLES)).params
    for _ in range(20_000):
        rendered = rendered["p"][0]
    assert rendered == {"x": "5"}


def test_names():
    params = {"a": "{{x.y}}", "b": ["{{#l}}{{z}}{{/l}}", "text"]}
    assert compile_params(params, DEFAULT_TREATMENT).names() == {"x.y", "l", "z"}
    assert compile_params(params, UNTOUCHED).names() == frozenset()


def test_a_computed_member_is_made_of_all_variables_as_plain_json() -> None:
    seen = []

    def compute(variables: JsonObject) -> list[JsonObject]:
        seen.append(variables)
        return [{"x": variables["x"]}]

    treatment = TemplateTreatment(computed={"documents": compute})
    rendered = compile_params({"documents": [TAG], "m": TAG}, treatment).render(prepare_variables(VARIABLES))
    assert rendered.params == {"documents": [{"x": 'a_b "<c>"'}], "m": 'a_b "<c>"'}
    assert (seen, type(seen[0])) == ([VARIABLES], dict)


def test_a_computed_member_that_cannot_be_made_is_left_out_and_told() -> None:
    def compute(variables: JsonObject) -> None:
        raise ValueError("there is no alert")

    treatment = TemplateTreatment(computed={"documents": compute})
    rendered = compile_params({"documents": [TAG], "m": "1"}, treatment).render(prepare_variables(VARIABLES))
    assert (rendered.params, rendered.errors) == ({"m": "1"}, ["documents: there is no alert"])


def test_variables_too_deep_for_json_are_told() -> None:
    deep: JsonObject = {}
    for _ in range(200):
        deep = {"d": deep}
    treatment = TemplateTreatment(computed={"documents": lambda variables: [variables]})
    rendered = compile_params({}, treatment).render(prepare_variables(deep))
    assert (rendered.params, len(rendered.errors)) == ({}, 1)
