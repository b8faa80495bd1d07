"""What an answer, or the lack of one, means for a webhook's notification (connectors-core.md 8.2)."""

from datetime import datetime

import orjson

from connectors.http_answer import describe_status, is_success, read_json, retry_after, source_of_status
from engine.model.connector import ConnectorResult
from engine.model.jsonvalue import JsonValue
from engine.ports.http import HttpResponse

_USER_STATUSES = frozenset({400, 404, 405, 406, 410, 411, 414, 428, 431})


def judge_answer(response: HttpResponse, sent_body: JsonValue, at: datetime) -> ConnectorResult:
    """The result of an answer; ``sent_body`` is the body that the params asked for."""
    if is_success(response.status):
        return ConnectorResult("ok", data=sent_body)
    text = _service_message(response)
    if response.status == 429:
        retry = retry_after(response, at) or True
        return ConnectorResult("error", "the webhook refused for now", text, retry=retry, error_source="user")
    if response.status >= 500:
        retry = (response.status == 503 and retry_after(response, at)) or True
        return ConnectorResult("error", "the webhook's server failed", text, retry=retry, error_source="framework")
    source = "user" if response.status in _USER_STATUSES else source_of_status(response.status)
    return ConnectorResult("error", "the webhook refused the request", text, error_source=source)


def _service_message(response: HttpResponse) -> str:
    text = describe_status(response)
    answer = read_json(response)
    message = answer.get("message") if isinstance(answer, dict) else None
    if message in (None, "", 0, False):
        return text
    return f"{text}: {message if isinstance(message, str) else orjson.dumps(message).decode()}"
