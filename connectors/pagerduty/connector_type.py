"""``.pagerduty``: triggers, acknowledges and resolves incidents (connectors-core.md 7)."""

import orjson

from connectors.http_answer import describe_status, judge_failure, read_json, retry_after
from connectors.pagerduty.event import build_event
from connectors.pagerduty.shapes import Config, Params, Secrets
from connectors.refusal import refuse
from connectors.shape import read_shape, stored_form
from connectors.target_check import find_url_problems
from engine.model.connector import ConnectorResult
from engine.model.jsonvalue import JsonObject
from engine.model.settings import HttpSettings
from engine.ports.connector import ConnectorExecution, RuleLink, TemplateTreatment
from engine.ports.http import HttpFailure, HttpRequest, HttpResponse

_ACCEPTED = 202


class PagerDuty:
    """The connector type."""

    id = ".pagerduty"
    name = "PagerDuty"
    minimum_license = "gold"
    supported_features: tuple[str, ...] = ("alerting", "uptime", "siem")
    max_attempts: int | None = None
    is_system_action = False
    sends_only_requests = True
    template_treatment = TemplateTreatment(rule_link=RuleLink.FIRST_OF_LINKS, alert_key="dedupKey")

    def validate_config(self, config: JsonObject, settings: HttpSettings) -> JsonObject:
        shape = read_shape(Config, config)
        refuse(*find_url_problems("apiUrl", shape.url, settings))
        return stored_form(shape)

    def validate_secrets(self, secrets: JsonObject, settings: HttpSettings) -> JsonObject:
        return stored_form(read_shape(Secrets, secrets))

    def validate_connector(self, config: JsonObject, secrets: JsonObject) -> None:
        """Nothing to check."""

    def validate_params(self, params: JsonObject) -> JsonObject:
        return stored_form(read_shape(Params, params))

    async def execute(self, execution: ConnectorExecution) -> ConnectorResult | None:
        """Send the event. PagerDuty's own answer is the result's data."""
        event = build_event(execution.params, execution.connector.id)
        request = HttpRequest(
            method="POST",
            url=read_shape(Config, execution.connector.config).url,
            headers={
                "Content-Type": "application/json",
                "X-Routing-Key": execution.connector.secrets["routingKey"],
            },
            body=orjson.dumps(event),
            private_headers=frozenset({"X-Routing-Key"}),
        )
        try:
            response = await execution.http.send(request)
        except HttpFailure as failure:
            return judge_failure(failure, "PagerDuty")
        return _judge(response, execution)


def _judge(response: HttpResponse, execution: ConnectorExecution) -> ConnectorResult:
    if response.status == _ACCEPTED:
        answer = read_json(response)
        return ConnectorResult("ok", data=response.body.decode(errors="replace") if answer is None else answer)
    status = describe_status(response)
    if response.status == 429:
        retry = retry_after(response, execution.at) or True
        return ConnectorResult("error", f"PagerDuty takes no more events for now: {status}", retry=retry)
    if response.status >= 500:
        return ConnectorResult("error", f"PagerDuty failed: {status}", retry=True, error_source="framework")
    return ConnectorResult("error", f"PagerDuty refused the event: {status}", _reason(response))


def _reason(response: HttpResponse) -> str | None:
    """What PagerDuty says is wrong: ``message``, and ``errors`` if it lists some."""
    answer = read_json(response)
    if not isinstance(answer, dict):
        return None
    errors = answer.get("errors")
    texts = [answer.get("message"), *(errors if isinstance(errors, list) else ())]
    return "; ".join(text for text in texts if isinstance(text, str)) or None
