"""The address of a rule's page (actions-scheduling.md 14)."""

from engine.model.rule import DEFAULT_SPACE
from engine.template.escaping import is_absolute_url

_RULE_PAGE = "/app/management/insightsAndAlerting/triggersActions/rule/"


def rule_url(base: str | None, space: str, rule_id: str, relative_path: str | None = None) -> str | None:
    """The absolute URL of a rule's page, or of the page at ``relative_path`` if its rule type supplies one.

    None without a base and for a base that is no http or https URL. A path within the base is kept.
    """
    if not base or not _is_web_address(base):
        return None
    return base.rstrip("/") + space_segment(space) + (relative_path or rule_path(rule_id))


def rule_path(rule_id: str) -> str:
    """The path of a rule's page below its space."""
    return _RULE_PAGE + rule_id


def space_segment(space: str) -> str:
    """The part of a path that names the space: ``/s/<id>``, empty for the default space."""
    return "" if space == DEFAULT_SPACE else f"/s/{space}"


def _is_web_address(base: str) -> bool:
    return base.lower().startswith(("http://", "https://")) and is_absolute_url(base)
