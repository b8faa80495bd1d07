"""Fields of a data view, as far as queries depend on them (data-views.md 4)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from engine.model.jsonvalue import JsonObject


@dataclass(frozen=True, slots=True)
class Field:
    """One field. ``type`` is Kibana's (``string``, ``date`` ...), ``es_types`` Elasticsearch's.

    ``nested_path`` is the path of the nearest nested object that holds the field.
    """

    name: str
    type: str | None = None
    es_types: tuple[str, ...] = ()
    nested_path: str | None = None
    is_scripted: bool = False

    @property
    def is_keyword(self) -> bool:
        """Whether values are compared as a whole."""
        return self.es_types == ("keyword",)


def read_field(spec: JsonObject) -> Field:
    """A field as a data view lists it; members that queries do not need are left aside."""
    nested = spec.get("subType", {}).get("nested") if isinstance(spec.get("subType"), Mapping) else None
    return Field(
        name=spec["name"],
        type=spec.get("type"),
        es_types=tuple(spec.get("esTypes") or ()),
        nested_path=nested.get("path") if isinstance(nested, Mapping) else None,
        is_scripted=spec.get("scripted") is True,
    )


class FieldList:
    """The fields of a data view in their order, found by name."""

    def __init__(self, fields: Iterable[Field]) -> None:
        self.fields = tuple(fields)
        self._by_name: dict[str, Field] = {}
        for field in self.fields:
            self._by_name.setdefault(field.name, field)

    def named(self, name: str | None) -> Field | None:
        """The field with exactly that name."""
        return None if name is None else self._by_name.get(name)
