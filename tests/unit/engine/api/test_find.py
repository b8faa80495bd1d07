"""Finding rules over HTTP (rest-api.md 4.5)."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

import pytest

FIND = "/api/alerting/rules/_find"
A = "alert.attributes"


@pytest.fixture
async def filled(served: Any) -> Any:
    """Rules ``a`` to ``c``, made one after the other."""
    frequency = {"summary": False, "notify_when": "onActiveAlert", "throttle": None}
    action = {"id": "log", "group": "threshold met", "params": {"message": "paged at night"}, "frequency": frequency}
    await served.create("a", name="CPU is high on web-01", tags=["ops", "my tag"], actions=[action])
    served.engine.clock.advance(timedelta(seconds=1))
    await served.create("b", name="Memory of CPUs", tags=["dev"], enabled=False, consumer="logs")
    served.engine.clock.advance(timedelta(seconds=1))
    await served.create("c", name="Disk", tags=[], enabled=False, schedule={"interval": "5m"})
    return served


async def ids(served: Any, **query: Any) -> str:
    answered = await served("GET", f"{FIND}?{urlencode(query, doseq=True)}")
    assert answered.status == 200, answered.content
    return "".join(rule["id"] for rule in answered.json["data"])


async def test_a_page_is_counted_and_in_order_of_creation(filled: Any) -> None:
    answered = (await filled("GET", f"{FIND}?per_page=2&page=2")).json
    assert {name: answered[name] for name in ("page", "per_page", "total")} == {"page": 2, "per_page": 2, "total": 3}
    assert answered["data"] == [await filled.rule("c")]
    assert (await filled("GET", f"{FIND}?per_page=0")).json == {"page": 1, "per_page": 0, "total": 3, "data": []}
    assert await ids(filled, sort_order="desc") == "cba"


FILTERS = {
    "": "abc",
    f"{A}.name: cpu": "a",
    f"{A}.name: (cpu or disk)": "ac",
    f'{A}.name: "high on"': "a",
    f'{A}.name: "on high"': "",
    f"{A}.name: cpu*": "ab",
    f"{A}.name.keyword: Disk": "c",
    f"{A}.tags: my tag": "a",
    f"{A}.tags: OPS": "",
    f"{A}.tags: o*": "a",
    f"not {A}.tags: *": "c",
    f"{A}.tags: (ops or dev) and not {A}.enabled: true": "b",
    f"{A}.alertTypeId: .index-threshold and {A}.rule_type_id: .index-*": "abc",
    f"{A}.consumer: logs or {A}.schedule.interval: 5m": "bc",
    f"{A}.schedule.interval > 4m": "c",
    f"{A}.createdAt: 2026-03-01": "abc",
    f"{A}.created_at > 2026-03-01": "",
    f"{A}.createdAt >= now-1h and {A}.createdAt <= now": "abc",
    f"{A}.createdAt <= now-1h": "",
    f"{A}.revision < 1": "abc",
    f"{A}.execution_status.status: pending": "abc",
    f"{A}.muteAll: false": "abc",
    f"{A}.params.index: metrics": "abc",
    f"{A}.params.termSize >= 5": "abc",
    f"{A}.params.threshold: 0 and {A}.params.nothing: *": "",
    f'{A}.actions: {{ actionTypeId: .server-log and group: "threshold met" }}': "a",
    f"{A}.actions.params.message: paged at night": "a",
    'alert.id: (a or "alert:c")': "ac",
    "alert.updatedAt > 2020": "abc",
}


async def test_filters_are_kql_over_attributes(filled: Any) -> None:
    assert {text: await ids(filled, filter=text) for text in FILTERS} == FILTERS


def literal(value: Any) -> dict[str, Any]:
    return {"type": "literal", "value": value, "isQuoted": False}


def call(function: str, *arguments: Any) -> dict[str, Any]:
    return {"type": "function", "function": function, "arguments": list(arguments)}


async def test_filters_may_be_syntax_trees(filled: Any) -> None:
    tags, revision = literal(f"{A}.tags"), literal(f"{A}.revision")
    trees = [
        (call("is", tags, literal("dev")), "b"),
        (call("not", call("exists", tags)), "c"),
        (call("or", call("is", tags, {"type": "wildcard", "value": "o@kuery-wildcard@"}), call("exists", tags)), "ab"),
        (call("range", revision, "lt", literal(1)), "abc"),
        (call("range", revision, {"type": "namedArg", "name": "gte", "value": literal(1)}), ""),
        (call("nested", literal(f"{A}.actions"), call("is", literal("group"), literal("threshold met"))), "a"),
        (call("and"), "abc"),
    ]
    assert [(tree, await ids(filled, filter=json.dumps(tree))) for tree, _ in trees] == trees


SEARCHES = [
    ({"search": "cpu"}, "a"),
    ({"search": "cpu disk"}, "ac"),
    ({"search": "cpu web", "default_search_operator": "AND"}, "a"),
    ({"search": "cpu disk", "default_search_operator": "AND"}, ""),
    ({"search": "cpu + disk"}, ""),
    ({"search": "cpu -high", "default_search_operator": "AND"}, ""),
    ({"search": "-disk"}, "ab"),
    ({"search": "cp* + (high | memory)"}, "ab"),
    ({"search": '"high on"'}, "a"),
    ({"search": '"high web"~1'}, "a"),
    ({"search": "dusk~1"}, "c"),
    ({"search": f"{'x' * 200}~1"}, ""),
    ({"search": "*"}, "abc"),
    ({"search": "!!"}, ""),
    ({"search": "my ta*"}, "a"),
    ({"search": 'x "y ( z'}, ""),
    ({"search": "dev", "search_fields": "name"}, ""),
    ({"search": "dev", "search_fields": ["name", "tags"]}, "b"),
    ({"search": "dev", "search_fields": '["tags"]'}, "b"),
    ({"search": '"paged at night"', "search_fields": "actions.params.message"}, "a"),
    ({"search": "true", "search_fields": "enabled"}, "a"),
]


async def test_searches_are_simple_query_strings(filled: Any) -> None:
    assert [(query, await ids(filled, **query)) for query, _ in SEARCHES] == SEARCHES


async def test_rules_are_found_by_reference_and_consumer(filled: Any) -> None:
    found = [
        await ids(filled, **query)
        for query in (
            {"has_reference": '{"type":"action","id":"log"}'},
            {"has_reference": '{"type":"tag","id":"nope"}'},
            {"has_reference": "null"},
            {"filter_consumers": "logs"},
            {"filter_consumers": ["logs", "alerts"]},
            {"filter_consumers": '["alerts"]'},
        )
    ]
    assert found == ["a", "", "abc", "b", "abc", "ac"]


async def test_rules_are_sorted_by_attributes(filled: Any) -> None:
    found = [
        await ids(filled, sort_field=field, sort_order=order)
        for field, order in (("name", "asc"), ("name", "desc"), ("tags", "asc"), ("schedule.interval", "desc"))
    ]
    assert found == ["acb", "bca", "bac", "cab"]


async def test_chosen_fields_alone_are_returned(filled: Any) -> None:
    data = (await filled("GET", f"{FIND}?fields=tags&fields=alertTypeId&fields=none&per_page=1")).json["data"]
    assert data == [{"id": "a", "tags": ["ops", "my tag"], "rule_type_id": ".index-threshold"}]
    data = (await filled("GET", f'{FIND}?fields=["executionStatus.status"]&per_page=1')).json["data"]
    assert list(data[0]) == ["id", "execution_status"]


REFUSED = {
    "per_page=-1": "[request query.per_page]",
    "page=0": "[request query.page]",
    "per_page=100&page=101": "[request query.page]",
    "per_page=x": "[request query.per_page]",
    "default_search_operator=XOR": "[request query.default_search_operator]",
    "sort_order=up": "[request query.sort_order]",
    "sort_field=monitoring.run": "[request query.sort_field]",
    "sort_field=mapped_params.severity": "[request query.sort_field]",
    "sort_field=actions.group": "[request query.sort_field]",
    "sort_field=nope": "[request query.sort_field]",
    "search_fields=snoozeSchedule.id": "[request query.search_fields]",
    "search=a&search_fields=mappedParams.x": "[request query.search_fields]",
    "rule_type_ids=x": "[request query.rule_type_ids]",
    "consumers=x": "[request query.consumers]",
    "has_reference=x": "[request query.has_reference]",
    'has_reference={"type":"action"}': "[request query.has_reference.id]",
    'fields=["a"': "[request query.fields]",
    "search=" + "a+" * 60: "[request query.search]",
    "search=" + "(" * 30: "[request query.search]",
    "search=" + "a" * 10_001: "[request query.search]",
    **{
        f"filter={quote(text)}": "[request query.filter]"
        for text in (
            "name: x",
            "foo",
            "attributes.name: x",
            "alert.name: x",
            f"{A}.name: (",
            f"{A}.nope: x",
            f"{A}.monitoring.run.history.success: true",
            f"{A}.activeSnoozes: x",
            f"{A}.*: x",
            f"{A}.enabled: maybe",
            f"{A}.enabled > true",
            f"{A}.revision: x",
            f"{A}.revision: 1*",
            f"{A}.createdAt: yesterday",
            f"{A}.params.severity > middling",
            f"{A}.name: null",
            f"{A}.params.a..b: 1",
            f"{A}.tags: {{ a: b }}",
            f"{A}.actions: {{ name: b }}",
            " or ".join([f"{A}.revision > 1"] * 501),
            " or ".join([f"{A}.name: a"] * 51),
            " or ".join([f"{A}.params.a: a"] * 51),
            " or ".join([f"{A}.tags: a*"] * 51),
            "(" * 500,
            "{",
            '{"type":"function","function":"maybe","arguments":[]}',
            '{"type":"function","function":"is","arguments":[1,2]}',
            '{"type":"function","function":"not","arguments":[]}',
            '{"type":"function","function":"or","arguments":[]}',
            '{"type":"function","function":"is"}',
            '{"type":"literal","value":1}',
            '{"type":"function","function":"range","arguments":[]}',
        )
    },
}


async def test_what_cannot_be_asked_is_refused_by_name(served: Any) -> None:
    for query, place in REFUSED.items():
        answered = await served("GET", f"{FIND}?{query}")
        assert answered.status == 400, (query, answered.content)
        assert answered.message.startswith(f"{place}: "), (query, answered.message)


async def test_the_most_that_may_be_asked_is_answered(served: Any) -> None:
    await served.create("a")
    chain = " and ".join([f"not {A}.revision > 1"] * 500)
    assert await ids(served, filter=chain) == "a"
    for opening in ("(", "not (", "(not ("):
        depth = 120 // opening.count("(")
        closing = ")" * depth * opening.count("(")
        assert await ids(served, filter=opening * depth + f"{A}.enabled: true" + closing) == "a"
    assert await ids(served, filter=f"alert.id: ({' or '.join(f'x{number}' for number in range(499))} or a)") == "a"
    assert await ids(served, search=" | ".join(["x"] * 98 + ["CPU"]), search_fields="name") == "a"
    assert await ids(served, search="(" * 19 + "cpu") == "a"


async def test_conditions_are_as_deep_as_the_database_takes_them(served: Any) -> None:
    await served.create("a")
    for before, clause, innermost, behind in (
        ("", f"{A}.params.x > 1 and not (", f"{A}.tags: x", ""),
        ("", f"{A}.tags: x or not (", f"{A}.tags: x", ""),
        (f"{A}.actions: {{ ", "group: x or not (", "group: x", " }"),
    ):
        statuses = [200]
        while statuses[-1] == 200:
            depth = len(statuses)
            text = before + clause * depth + innermost + ")" * depth + behind
            answered = await served("GET", f"{FIND}?{urlencode({'filter': text})}")
            statuses.append(answered.status)
        assert statuses[-1] == 400
        assert "levels deep" in answered.message
        assert len(statuses) > 8
    alternating = [await served("GET", f"{FIND}?{urlencode({'search': 'x | y + z ' * n})}") for n in range(1, 12)]
    assert {answered.status for answered in alternating} == {200, 400}
