"""What the answer of a bulk call means for a notification (connectors-core.md 3)."""

from collections.abc import Iterator

from engine.model.connector import ConnectorResult
from engine.model.jsonvalue import JsonObject, JsonValue


def judge_answer(answer: JsonObject) -> ConnectorResult:
    """The result: an error if one document was not written, though the others are."""
    if not answer.get("errors"):
        return ConnectorResult("ok", data=answer)
    errors = list(_errors(answer.get("items")))
    reasons = list(_reasons(errors))
    causes = list(_reasons([error.get("caused_by") for error in errors]))
    text = ";".join(reasons)
    if causes:
        text = f"{text} ({';'.join(causes)})".lstrip()
    return ConnectorResult(
        "error",
        "not all documents could be written",
        service_message=text or "the answer says that documents were refused, and not why",
        error_source="user",
    )


def _errors(items: JsonValue) -> Iterator[JsonObject]:
    """The errors of single documents."""
    for item in items if isinstance(items, list) else ():
        for result in item.values() if isinstance(item, dict) else ():
            if isinstance(result, dict) and isinstance(result.get("error"), dict):
                yield result["error"]


def _reasons(errors: list[JsonValue]) -> Iterator[str]:
    for error in errors:
        if isinstance(error, dict) and isinstance(error.get("reason"), str):
            yield error["reason"]
