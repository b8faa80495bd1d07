"""``actions`` in a whole tocsin.yml: which of its two places, what is said twice, and the connectors that it holds."""

from collections.abc import Collection, Iterator

from pydantic import BaseModel

from connectors.index.alert_history import ALERT_HISTORY_ID
from engine.model.errors import Problem
from engine.model.jsonvalue import JsonObject
from tocsin.files.actions.section import ActionsSection
from tocsin.files.actions.settings import OWN_NAMES, find_double_names
from tocsin.files.config_schema import ConfigSchema
from tocsin.files.secrets import SecretReader

_PLACES = ("actions", "xpack.actions")


def placed_actions(schema: ConfigSchema) -> tuple[str, ActionsSection] | None:
    """The section and its dotted path; of two, the first."""
    sections = (schema.actions, None if schema.xpack is None else schema.xpack.actions)
    return next(((path, each) for path, each in zip(_PLACES, sections, strict=True) if each is not None), None)


def find_doubles(schema: ConfigSchema) -> Iterator[Problem]:
    """What a file says in two places of which only one can count."""
    placed = placed_actions(schema)
    if placed is None:
        return
    path, section = placed
    if path == _PLACES[0] and schema.xpack is not None and schema.xpack.actions is not None:
        yield Problem(_PLACES[1], f"is there beside {_PLACES[0]}", "put all into one of the two")
    yield from find_double_names(section, path, {name for name in OWN_NAMES.values() if _is_given(schema, name)})
    for connector_id in section.preconfigured:
        if connector_id in schema.connectors:
            yield Problem(
                f"{path}.preconfigured.{connector_id}", f"is there as connectors.{connector_id} too", "rename one"
            )


def _is_given(model: BaseModel, name: str) -> bool:
    first, _, rest = name.partition(".")
    inner = getattr(model, first)
    return first in model.model_fields_set and (not rest or (isinstance(inner, BaseModel) and _is_given(inner, rest)))


def connector_bodies(
    path: str, section: ActionsSection, reader: SecretReader, warnings: list[str], others: Collection[str] = ()
) -> Iterator[tuple[str, JsonObject]]:
    """The connectors, as `engine.service.connectors.build_connector` takes them, with their dotted paths (10.1).

    Unlike those of ``connectors`` they may have secrets in plain text, as they do in a kibana.yml. ``others``: ids that
    are taken.
    """
    for connector_id, definition in section.preconfigured.items():
        place = f"{path}.preconfigured.{connector_id}"
        yield (
            place,
            {
                "id": connector_id,
                "name": definition.name,
                "connector_type_id": definition.action_type_id,
                "config": definition.config,
                "secrets": reader.resolve(definition.secrets, f"{place}.secrets", allows_plain=True),
                "expose_config": definition.expose_config,
            },
        )
    if not section.preconfigured_alert_history_es_index:
        return
    if ALERT_HISTORY_ID in section.preconfigured or ALERT_HISTORY_ID in others:
        text = f"there is a connector [{ALERT_HISTORY_ID}] already: it is used"
        warnings.append(f"preconfiguredAlertHistoryEsIndex: {text}")
        return
    yield (
        f"{path}.preconfiguredAlertHistoryEsIndex",
        {
            "id": ALERT_HISTORY_ID,
            "name": "Alert history Elasticsearch index",
            "connector_type_id": ".index",
            "config": {"index": "kibana-alert-history-default"},
        },
    )
