"""``.webhook``: sends the rendered body to a URL (connectors-core.md 8)."""

from connectors.http_answer import judge_failure
from connectors.refusal import refuse
from connectors.shape import read_shape, stored_form
from connectors.webhook.request import build_request
from connectors.webhook.result import judge_answer
from connectors.webhook.shapes import Config, Params, Secrets, find_config_problems, find_secrets_problems
from connectors.webhook.unsupported import find_unsupported
from engine.model.connector import ConnectorResult
from engine.model.jsonvalue import JsonObject
from engine.model.settings import HttpSettings
from engine.ports.connector import ConnectorExecution, EscapeMode, TemplateTreatment
from engine.ports.http import HttpFailure


class Webhook:
    """The connector type."""

    id = ".webhook"
    name = "Webhook"
    minimum_license = "gold"
    supported_features: tuple[str, ...] = ("alerting", "uptime", "siem")
    max_attempts: int | None = None
    is_system_action = False
    template_treatment = TemplateTreatment(modes={"body": EscapeMode.JSON}, default=None, keeps_only_modes=True)

    def validate_config(self, config: JsonObject, settings: HttpSettings) -> JsonObject:
        shape = read_shape(Config, config)
        refuse(*find_config_problems(shape, settings))
        return stored_form(shape)

    def validate_secrets(self, secrets: JsonObject, settings: HttpSettings) -> JsonObject:
        shape = read_shape(Secrets, secrets)
        refuse(*find_secrets_problems(shape))
        return stored_form(shape)

    def validate_connector(self, config: JsonObject, secrets: JsonObject) -> None:
        refuse(*find_unsupported(read_shape(Config, config), read_shape(Secrets, secrets)))

    def validate_params(self, params: JsonObject) -> JsonObject:
        return stored_form(read_shape(Params, params))

    async def execute(self, execution: ConnectorExecution) -> ConnectorResult | None:
        """Send the request; ``data`` of the result is the body of the params, sent or not."""
        request = build_request(
            read_shape(Config, execution.connector.config),
            read_shape(Secrets, execution.connector.secrets),
            read_shape(Params, execution.params),
            execution.idempotency_key,
        )
        try:
            response = await execution.http.send(request)
        except HttpFailure as failure:
            return judge_failure(failure, "the webhook")
        return judge_answer(response, execution.params.get("body"), execution.at)
