"""Connector port: how the engine validates and executes connectors of one type."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable

from engine.model.connector import Connector, ConnectorResult
from engine.model.jsonvalue import JsonObject, JsonValue
from engine.model.settings import HttpSettings
from engine.ports.http import HttpClient
from engine.ports.search import SearchPort
from engine.ports.tokens import TokenStore


class EscapeMode(StrEnum):
    """How ``{{name}}`` is escaped (templates.md 3)."""

    NONE = "none"
    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"
    SLACK = "slack"


class RuleLink(StrEnum):
    """How rendered params get a link to the rule's page (actions-scheduling.md 13)."""

    FIRST_OF_LINKS = "first of links"
    """``{href, text}`` goes before the elements of ``links``; nothing is done when the rule has no URL."""
    FOOTER = "footer"
    """``kibanaFooterLink`` becomes ``{path, text}``; the path is empty when the rule has no URL."""


@dataclass(frozen=True, slots=True)
class TemplateTreatment:
    """What a rule's run makes of an action's params (templates.md 2, actions-scheduling.md 13).

    ``modes``: dotted path of a params member -> its escape mode. ``default``: mode of all other strings, None = they
    are left as they are. ``keeps_only_modes``: the result holds nothing but the members named in ``modes`` (if at
    least one of them is a non-empty string; else the params stay as they are). ``fixed``: members that have this value
    whatever was given. ``computed``: members that are not rendered but made of all variables as plain JSON; the
    function raises ValueError when it lacks some, and the member is left out. ``alert_key``: the member that tells the
    remote side which messages are about the same alert; users give it, nothing puts it in. ``defaults``: dotted path of
    a member -> the template that is put in before rendering where the member is missing, one after the other; nothing
    is where what should hold it is missing, too. ``by_connector``: another treatment for the connector of an id;
    ``by_sub_action``: for params whose ``subAction`` is that.
    """

    modes: Mapping[str, EscapeMode] = field(default_factory=dict)
    default: EscapeMode | None = EscapeMode.NONE
    keeps_only_modes: bool = False
    fixed: Mapping[str, JsonValue] = field(default_factory=dict)
    computed: Mapping[str, Callable[[JsonObject], JsonValue]] = field(default_factory=dict)
    rule_link: RuleLink | None = None
    alert_key: str | None = None
    defaults: Mapping[str, JsonValue] = field(default_factory=dict)
    by_connector: Mapping[str, "TemplateTreatment"] = field(default_factory=dict)
    by_sub_action: Mapping[str, "TemplateTreatment"] = field(default_factory=dict)

    def of_connector(self, connector_id: str) -> "TemplateTreatment":
        """The treatment of the connector of that id."""
        return self.by_connector.get(connector_id, self)

    def of_params(self, params: JsonObject) -> "TemplateTreatment":
        """The treatment of these params."""
        sub_action = params.get("subAction")
        return self.by_sub_action.get(sub_action, self) if isinstance(sub_action, str) else self


DEFAULT_TREATMENT = TemplateTreatment()


@dataclass(frozen=True, slots=True)
class ConnectorExecution:
    """What one execution sees: validated config, secrets and params, and the attempt's instant.

    ``idempotency_key`` is the notification's id, the same on every attempt; None for a test execution. ``search``: the
    data that rules search, for connectors that write into it; None where there is none. ``tokens``: where access tokens
    are kept; None: wherever the type keeps them.
    """

    connector: Connector
    params: JsonObject
    at: datetime
    http: HttpClient
    idempotency_key: str | None = None
    search: SearchPort | None = None
    tokens: TokenStore | None = None


@dataclass(frozen=True, slots=True)
class ConnectorSave:
    """A connector that a user is saving: validated, with its secrets. ``is_update``: it replaces one of its id.

    ``http``: None where nothing can be sent.
    """

    connector: Connector
    is_update: bool
    http: HttpClient | None = None


@runtime_checkable
class SaveHooks(Protocol):
    """What a type may have besides: it is told of connectors that users save and delete (connector-framework.md 14)."""

    async def before_save(self, save: ConnectorSave) -> None:
        """Before it is stored; raising keeps it from that. The error goes to the caller: InvalidInput above all."""
        ...

    async def after_save(self, save: ConnectorSave, *, is_saved: bool) -> None:
        """After it was stored, or could not be. What this raises is logged."""
        ...

    async def after_delete(self, connector: Connector) -> None:
        """After it was deleted, its secrets sealed as they were stored. What this raises is logged."""
        ...


class ConnectorType(Protocol):
    """A connector type. ``validate_*`` return the validated form with defaults, or raise InvalidInput.

    A type may have more members: those of `SaveHooks`; ``sends_only_requests``, ``needs_secrets`` and
    ``is_deprecated_config``, see the functions of these names; and what lists of types show where it is there
    (connector-framework.md 11.3): ``is_deprecated``, ``is_experimental``, ``description``, ``sub_feature``,
    ``allow_multiple_system_actions``.
    """

    id: str
    name: str
    minimum_license: str
    supported_features: tuple[str, ...]
    max_attempts: int | None
    is_system_action: bool
    template_treatment: TemplateTreatment

    def validate_config(self, config: JsonObject, settings: HttpSettings) -> JsonObject: ...

    def validate_secrets(self, secrets: JsonObject, settings: HttpSettings) -> JsonObject: ...

    def validate_connector(self, config: JsonObject, secrets: JsonObject) -> None:
        """Cross-check of validated config and secrets; raises InvalidInput with paths like ``secrets.user``."""
        ...

    def validate_params(self, params: JsonObject) -> JsonObject: ...

    async def execute(self, execution: ConnectorExecution) -> ConnectorResult | None:
        """Do it. None = ok. May raise: the engine makes an error with retry of it (connector-framework.md 5.2)."""
        ...


def sends_only_requests(connector_type: ConnectorType) -> bool:
    """Whether all that the type does goes through the HTTP client of an execution, if its member of that name says so.

    Such a type can be executed with a client that keeps the requests, to show what would go out.
    """
    return bool(getattr(connector_type, "sends_only_requests", False))


def needs_secrets(connector_type: ConnectorType, config: JsonObject) -> bool:
    """Whether a validated config announces secrets, if the type's function of that name says so.

    A user who stores such a connector must send some with it; one of the configuration may do without.
    """
    judge = getattr(connector_type, "needs_secrets", None)
    return judge is not None and bool(judge(config))


def is_deprecated_config(connector_type: ConnectorType, config: JsonObject) -> bool:
    """Whether a connector of that validated config is outdated, if the type's function of that name says so."""
    judge = getattr(connector_type, "is_deprecated_config", None)
    return judge is not None and bool(judge(config))
