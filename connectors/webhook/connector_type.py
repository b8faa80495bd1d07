"""``.webhook``: sends the rendered body to a URL (connectors-core.md 8)."""

from dataclasses import replace

from connectors.http_answer import judge_failure
from connectors.refusal import refuse
from connectors.shape import read_shape, stored_form
from connectors.webhook.oauth import TokenRefused, Tokens, token_request
from connectors.webhook.request import build_request
from connectors.webhook.result import judge_answer
from connectors.webhook.shapes import (
    OAUTH2,
    Config,
    Params,
    Secrets,
    find_config_problems,
    find_connector_problems,
    find_secrets_problems,
)
from connectors.webhook.tls import find_encoding_problems
from engine.model.connector import ConnectorResult
from engine.model.jsonvalue import JsonObject
from engine.model.settings import HttpSettings
from engine.ports.connector import ConnectorExecution, EscapeMode, TemplateTreatment
from engine.ports.http import HttpFailure
from engine.ports.tokens import AccessToken

_UNAUTHORIZED = 401


class Webhook:
    """The connector type."""

    id = ".webhook"
    name = "Webhook"
    minimum_license = "gold"
    supported_features: tuple[str, ...] = ("alerting", "uptime", "siem")
    max_attempts: int | None = None
    is_system_action = False
    sends_only_requests = True
    template_treatment = TemplateTreatment(modes={"body": EscapeMode.JSON}, default=None, keeps_only_modes=True)

    def __init__(self) -> None:
        self._tokens = Tokens()

    def validate_config(self, config: JsonObject, settings: HttpSettings) -> JsonObject:
        shape = read_shape(Config, config)
        refuse(*find_config_problems(shape, settings))
        return stored_form(shape)

    def validate_secrets(self, secrets: JsonObject, settings: HttpSettings) -> JsonObject:
        shape = read_shape(Secrets, secrets)
        refuse(*find_secrets_problems(shape))
        return stored_form(shape)

    def validate_connector(self, config: JsonObject, secrets: JsonObject) -> None:
        both = read_shape(Config, config), read_shape(Secrets, secrets)
        refuse(*find_connector_problems(*both), *find_encoding_problems(*both))

    def needs_secrets(self, config: JsonObject) -> bool:
        """Who leaves ``hasAuth`` at its default means to authenticate."""
        return read_shape(Config, config).has_auth

    def validate_params(self, params: JsonObject) -> JsonObject:
        return stored_form(read_shape(Params, params))

    async def execute(self, execution: ConnectorExecution) -> ConnectorResult | None:
        """Send the request, with a token before it if need be; ``data`` is the body of the params, sent or not."""
        config = read_shape(Config, execution.connector.config)
        secrets = read_shape(Secrets, execution.connector.secrets)
        params = read_shape(Params, execution.params)
        try:
            token = await self._token(execution, config, secrets) if config.auth_type == OAUTH2 else None
        except HttpFailure as failure:
            return judge_failure(failure, "the token service")
        except TokenRefused as refused:
            return ConnectorResult("error", "the webhook was not called", str(refused), error_source="user")
        header = None if token is None else token.header
        try:
            response = await execution.http.send(
                build_request(config, secrets, params, execution.idempotency_key, header)
            )
        except HttpFailure as failure:
            return judge_failure(failure, "the webhook")
        result = judge_answer(response, execution.params.get("body"), execution.at)
        if token is None:
            return result
        if response.status == _UNAUTHORIZED:
            await self._tokens.drop(execution, token)
        return _without_token(result, token)

    async def _token(self, execution: ConnectorExecution, config: Config, secrets: Secrets) -> AccessToken:
        return await self._tokens.get(execution, token_request(config, secrets))


def _without_token(result: ConnectorResult, token: AccessToken) -> ConnectorResult:
    """A server may repeat what it was sent; the token is a secret that only this connector knows."""
    if result.service_message is None:
        return result
    value = token.header.partition(" ")[2]
    return replace(result, service_message=result.service_message.replace(value, "<redacted>"))
