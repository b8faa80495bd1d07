"""``.jira``: issues in Jira Cloud and Data Center (connectors-incident.md 2)."""

from connectors.basic_auth import basic_authorization
from connectors.incident.push import push
from connectors.incident.remote import Remote, without_final_slash
from connectors.incident.sub_action import conclude, read_sub_action, validate_sub_action
from connectors.jira.service import JiraService, describe_error
from connectors.jira.shapes import SUB_ACTIONS, ById, ByTitle, Config, GetIncident, PushToService, Secrets
from connectors.refusal import refuse
from connectors.shape import read_shape, stored_form
from connectors.target_check import find_url_problems
from engine.model.connector import ConnectorResult
from engine.model.jsonvalue import JsonObject, JsonValue
from engine.model.settings import HttpSettings
from engine.ports.connector import ConnectorExecution, TemplateTreatment


class Jira:
    """The connector type."""

    id = ".jira"
    name = "Jira"
    minimum_license = "gold"
    supported_features: tuple[str, ...] = ("alerting", "cases", "uptime", "siem")
    max_attempts: int | None = None
    is_system_action = False
    sends_only_requests = True
    template_treatment = TemplateTreatment()

    def validate_config(self, config: JsonObject, settings: HttpSettings) -> JsonObject:
        shape = read_shape(Config, config)
        refuse(*find_url_problems("apiUrl", shape.api_url, settings))
        return stored_form(shape)

    def validate_secrets(self, secrets: JsonObject, settings: HttpSettings) -> JsonObject:
        return stored_form(read_shape(Secrets, secrets))

    def validate_connector(self, config: JsonObject, secrets: JsonObject) -> None:
        """Nothing to check: what is empty is refused when it is used."""

    def validate_params(self, params: JsonObject) -> JsonObject:
        return validate_sub_action(params, SUB_ACTIONS)

    async def execute(self, execution: ConnectorExecution) -> ConnectorResult | None:
        """Do the sub-action; its value is the result's ``data``."""
        config = read_shape(Config, execution.connector.config)
        secrets = read_shape(Secrets, execution.connector.secrets)
        if not all((config.api_url, config.project_key, secrets.email, secrets.api_token)):
            text = "the connector's configuration is wrong: apiUrl, projectKey, email and apiToken must not be empty"
            return ConnectorResult("error", text, error_source="user")
        headers = {"Authorization": basic_authorization(secrets.email, secrets.api_token)}
        remote = Remote("Jira", execution, describe_error, headers)
        service = JiraService(remote, without_final_slash(config.api_url), config.project_key)
        return await conclude("Jira", _perform(service, execution.params))


async def _perform(service: JiraService, params: JsonObject) -> JsonValue | ConnectorResult:
    match params["subAction"]:
        case "pushToService":
            pushed = read_sub_action(PushToService, params)
            return await push(service, pushed.incident, pushed.incident.external_id, pushed.comments)
        case "getIncident":
            return await service.get_incident(read_sub_action(GetIncident, params).external_id)
        case "issueTypes":
            return await service.issue_types()
        case "fieldsByIssueType":
            return await service.fields_of_type(read_sub_action(ById, params).id)
        case "getFields":
            return await service.common_fields()
        case "issues":
            return await service.issues(read_sub_action(ByTitle, params).title)
        case "issue":
            return await service.issue(read_sub_action(ById, params).id)
        case sub_action:
            return ConnectorResult("error", f"the sub-action {sub_action} is not implemented", error_source="user")
