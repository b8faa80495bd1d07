"""``.index``: writes documents into an index of the data that rules search (connectors-core.md 3)."""

from typing import Annotated

from pydantic import AfterValidator

from connectors.index.alert_history import ALERT_HISTORY_ID, build_alert_history, date_documents
from connectors.index.result import judge_answer
from connectors.shape import ObjectOrText, Shape, read_shape, stored_form
from engine.model.connector import ConnectorResult
from engine.model.errors import SearchError, SearchUnavailable
from engine.model.instant import iso
from engine.model.jsonvalue import JsonObject
from engine.model.settings import HttpSettings
from engine.ports.connector import ConnectorExecution, TemplateTreatment
from engine.ports.search import BulkItem, BulkRequest

_OVERRIDE_PREFIX = "kibana-alert-history-"


def _check_override(index: str) -> str:
    if not index.startswith(_OVERRIDE_PREFIX):
        raise ValueError(f"does not start with {_OVERRIDE_PREFIX}: leave it out, the connector names the index")
    return index


class Config(Shape):
    index: str
    refresh: bool = False
    execution_time_field: str | None = None


class Secrets(Shape):
    """No members."""


class Params(Shape):
    documents: list[ObjectOrText]
    index_override: Annotated[str, AfterValidator(_check_override)] | None = None


class Index:
    """The connector type."""

    id = ".index"
    name = "Index"
    minimum_license = "basic"
    supported_features: tuple[str, ...] = ("alerting", "uptime", "siem")
    max_attempts: int | None = None
    is_system_action = False
    template_treatment = TemplateTreatment(
        fixed={"indexOverride": None},
        by_connector={ALERT_HISTORY_ID: TemplateTreatment(computed={"documents": build_alert_history})},
    )

    def validate_config(self, config: JsonObject, settings: HttpSettings) -> JsonObject:
        return stored_form(read_shape(Config, config))

    def validate_secrets(self, secrets: JsonObject, settings: HttpSettings) -> JsonObject:
        return stored_form(read_shape(Secrets, secrets))

    def validate_connector(self, config: JsonObject, secrets: JsonObject) -> None:
        """Nothing to check."""

    def validate_params(self, params: JsonObject) -> JsonObject:
        return stored_form(read_shape(Params, params))

    async def execute(self, execution: ConnectorExecution) -> ConnectorResult | None:
        """Write the documents in one bulk call; its answer is the result's data."""
        config = read_shape(Config, execution.connector.config)
        params = read_shape(Params, execution.params)
        if not params.documents:
            return ConnectorResult("ok", data={"took": 0, "errors": False, "items": []})
        if execution.search is None:
            return ConnectorResult("error", "there is no data to write into", error_source="framework")
        at = iso(execution.at)
        is_history = execution.connector.id == ALERT_HISTORY_ID
        documents = date_documents(params.documents, at) if is_history else params.documents
        request = BulkRequest(
            index=params.index_override or config.index,
            items=tuple(map(BulkItem, _stamped(documents, config.execution_time_field, at))),
            refresh=config.refresh,
        )
        try:
            return judge_answer(await execution.search.bulk(request))
        except (SearchError, SearchUnavailable) as error:
            # Not tried again: the documents have no ids, and what was written already would be there twice.
            return ConnectorResult("error", "the documents could not be written", str(error), error_source="user")


def _stamped(documents: list[JsonObject], field: str | None, at: str) -> list[JsonObject]:
    """The documents with the time in a field of each, which is one key even if it has dots."""
    name = (field or "").strip()
    return [{**document, name: at} for document in documents] if name else documents
