"""How params of each connector type are templated in a rule's run (templates.md 2)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from connectors.builtin import builtin_connector_types
from engine.ports.connector import DEFAULT_TREATMENT, EscapeMode, RuleLink, TemplateTreatment

_UNTOUCHED: Final = TemplateTreatment(default=None)

_OF_TYPES_TO_COME: Final[Mapping[str, TemplateTreatment]] = MappingProxyType(
    {
        ".cases": _UNTOUCHED,
        ".email": TemplateTreatment(
            modes={"message": EscapeMode.MARKDOWN, "messageHTML": EscapeMode.HTML}, rule_link=RuleLink.FOOTER
        ),
        ".slack_api": TemplateTreatment(
            default=None,
            by_sub_action={
                "postMessage": TemplateTreatment(modes={"subActionParams.text": EscapeMode.SLACK}, default=None),
                "postBlockkit": TemplateTreatment(modes={"subActionParams.text": EscapeMode.JSON}, default=None),
            },
        ),
    }
)
"""Types that have a treatment of their own and are not built yet."""


def treatment_of(connector_type_id: str) -> TemplateTreatment:
    """The treatment of a connector type; a type that states none has the default one."""
    for connector_type in builtin_connector_types():
        if connector_type.id == connector_type_id:
            return connector_type.template_treatment
    return _OF_TYPES_TO_COME.get(connector_type_id, DEFAULT_TREATMENT)
