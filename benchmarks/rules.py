"""The rule that the measurements run, and answers for it."""

from collections.abc import Sequence

from engine.model.jsonvalue import JsonObject

MESSAGE = (
    "{{alert.id}} of {{rule.name}}: {{context.value}} is over the limit ({{context.conditions}}) since "
    "{{state.start}}; matched {{alert.consecutiveMatches}} times, flapping {{alert.flapping}}, run at {{date}}. "
    "The rule watches the number of documents in the last five minutes, group by group, and tells you about it here."
)


def threshold_rule(notify_when: str) -> JsonObject:
    """A grouped `.index-threshold` rule with one action of 8 tags in 300 characters."""
    return {
        "name": "documents by host",
        "rule_type_id": ".index-threshold",
        "consumer": "stackAlerts",
        "schedule": {"interval": "1m"},
        "params": {
            "index": ["logs"],
            "timeField": "@timestamp",
            "groupBy": "top",
            "termField": "host.name",
            "termSize": 1000,
            "timeWindowSize": 5,
            "timeWindowUnit": "m",
            "threshold": [10],
            "thresholdComparator": ">",
        },
        "actions": [
            {
                "id": "log",
                "group": "threshold met",
                "frequency": {"summary": False, "notify_when": notify_when},
                "params": {"message": MESSAGE},
            }
        ],
    }


def count_rule(index: str) -> JsonObject:
    """An `.index-threshold` rule on the number of documents, every second, telling at each run that it is met."""
    rule = threshold_rule("onActiveAlert")
    grouping = ("groupBy", "termField", "termSize")
    params = {name: value for name, value in rule["params"].items() if name not in grouping}
    return {**rule, "name": index, "schedule": {"interval": "1s"}, "params": {**params, "index": [index]}}


def answer(groups: Sequence[str]) -> JsonObject:
    """What a cluster answers when these groups meet the threshold."""
    buckets = [
        {"key": group, "doc_count": 42, "dateAgg": {"buckets": [{"key": "window", "doc_count": 42}]}}
        for group in groups
    ]
    return {
        "took": 1,
        "timed_out": False,
        "_shards": {"total": 1, "successful": 1, "skipped": 0, "failed": 0},
        "hits": {"total": {"value": 42 * len(groups), "relation": "eq"}, "max_score": None, "hits": []},
        "aggregations": {"groupAgg": {"buckets": buckets}, "groupAggCount": {"count": len(groups)}},
    }
