"""An index's mapping: its fields, their types and options (embedded-search.md 2, 2.2)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from engine.model.jsonvalue import JsonObject, JsonValue
from engine.query.analysis import is_known_analyzer
from engine.search.local.errors import bad_mapping, unsupported
from engine.timing.dates.format import DEFAULT_FORMAT, date_format

Family = Literal["keyword", "text", "integer", "float", "boolean", "date", "ip", "geo_point", "geo_shape"]
Dynamic = Literal["true", "false", "strict"]

FAMILIES: Mapping[str, Family] = {
    "keyword": "keyword", "constant_keyword": "keyword", "wildcard": "keyword",
    "text": "text", "match_only_text": "text",
    "long": "integer", "integer": "integer", "short": "integer", "byte": "integer", "unsigned_long": "integer",
    "double": "float", "float": "float", "half_float": "float", "scaled_float": "float",
    "boolean": "boolean", "date": "date", "date_nanos": "date", "ip": "ip", "geo_point": "geo_point",
    "geo_shape": "geo_shape",
}  # fmt: skip
_LATER_NAMES = """
flattened shape alias version binary join percolator completion search_as_you_type token_count
dense_vector sparse_vector rank_feature rank_features histogram aggregate_metric_double integer_range float_range
long_range double_range date_range ip_range semantic_text murmur3 passthrough
"""
_LATER_TYPES = frozenset(_LATER_NAMES.split())
_SQL_TYPES: Mapping[Family, str] = {
    "keyword": "VARCHAR", "text": "VARCHAR", "integer": "BIGINT", "float": "DOUBLE", "boolean": "BOOLEAN",
    "date": "BIGINT", "ip": "VARCHAR", "geo_point": "STRUCT(lon DOUBLE, lat DOUBLE)",
    "geo_shape": "VARCHAR",
}  # fmt: skip
_OPTION_NAMES = """
type fields properties dynamic enabled index doc_values store boost norms index_options similarity term_vector
eager_global_ordinals position_increment_gap split_queries_on_whitespace fielddata meta locale coerce copy_to
index_phrases index_prefixes time_series_dimension time_series_metric subobjects null_value ignore_above
ignore_malformed format scaling_factor orientation ignore_z_value analyzer search_analyzer search_quote_analyzer value
"""
_OPTIONS = frozenset(_OPTION_NAMES.split())
_ROOT_KEYS = frozenset(("properties", "dynamic", "date_detection", "numeric_detection", "dynamic_date_formats",
                        "dynamic_templates", "runtime", "_source", "_meta", "_routing",
                        "_data_stream_timestamp"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Field:
    """One searchable field. ``source`` is the path in the document whose values it takes, ``column`` its SQL column.

    ``scope``: the path of the nested objects that it belongs to, "" for the document itself.
    """

    name: str
    type: str
    source: str
    column: str
    format: str = DEFAULT_FORMAT
    null_value: JsonValue = None
    ignore_above: int | None = None
    ignore_malformed: bool = False
    coerce: bool = True
    scaling_factor: float = 1.0
    analyzer: str = "standard"
    search_analyzer: str = "standard"
    scope: str = ""

    @property
    def family(self) -> Family:
        return FAMILIES[self.type]

    @property
    def sql_type(self) -> str:
        return "UBIGINT" if self.type == "unsigned_long" else _SQL_TYPES[self.family]

    @property
    def nanos_per_unit(self) -> int:
        """Of a date field: nanoseconds of one stored unit."""
        return 1 if self.type == "date_nanos" else 1_000_000


@dataclass(slots=True)
class IndexMapping:
    """The mapping as it stands; it only grows. ``leaves``: document path -> the fields fed from it.

    ``dynamic`` holds the setting of objects that have one of their own; "" is the whole document. ``nested``: the
    objects each of which is searched as a document of its own.
    """

    fields: dict[str, Field] = field(default_factory=dict)
    leaves: dict[str, tuple[Field, ...]] = field(default_factory=dict)
    objects: set[str] = field(default_factory=set)
    nested: set[str] = field(default_factory=set)
    disabled: set[str] = field(default_factory=set)
    dynamic: dict[str, Dynamic] = field(default_factory=lambda: {"": "true"})
    date_detection: bool = True
    numeric_detection: bool = False
    columns: int = 0

    def add_field(self, name: str, type_name: str, source: str, options: JsonObject | None = None) -> Field:
        """Add a field. Raises SearchError 400 for a type or an option that cannot be."""
        made = _make_field(name, type_name, source, f"c{self.columns}", options or {})
        added = replace(made, scope=self.scope_of(source))
        self.columns += 1
        self.fields[name] = added
        self.leaves[source] = (*self.leaves.get(source, ()), added)
        return added

    def remove_fields(self, names: Iterable[str]) -> None:
        """Take back fields that a rejected document had added."""
        for name in names:
            removed = self.fields.pop(name)
            rest = tuple(each for each in self.leaves[removed.source] if each.name != name)
            if rest:
                self.leaves[removed.source] = rest
            else:
                del self.leaves[removed.source]

    def scope_of(self, path: str) -> str:
        """The nearest nested objects around a path; "" for the document itself."""
        if not self.nested:
            return ""
        around = path.rpartition(".")[0]
        while around and around not in self.nested:
            around = around.rpartition(".")[0]
        return around

    def twin_of(self, text: Field) -> Field | None:
        """The keyword beside a text field that holds the same values, but for those that are too long for it."""
        if text.family != "text" or text.null_value is not None:
            return None
        beside = (each for each in self.leaves[text.source] if each.type == "keyword" and each.null_value is None)
        return next(beside, None)

    def add_object(self, path: str) -> list[str]:
        """Note that the path and all paths above it are objects; returns those that were not known."""
        added = []
        while path and path not in self.objects:
            self.objects.add(path)
            added.append(path)
            path = path.rpartition(".")[0]
        return added

    def dynamic_at(self, path: str) -> Dynamic:
        """What is done with an unmapped field below an object."""
        while path not in self.dynamic:
            path = path.rpartition(".")[0]
        return self.dynamic[path]


def parse_mapping(body: JsonObject | None) -> IndexMapping:
    """A mapping from ``{mappings: {properties}}``, ``{properties}`` or nothing. Raises SearchError 400."""
    mapping = IndexMapping()
    root = body or {}
    if "mappings" in root:
        root = root["mappings"] or {}
    if not isinstance(root, dict):
        raise bad_mapping("a mapping is an object with [properties]")
    for key in root:
        if key == "dynamic_templates" and root[key]:
            raise unsupported("mapping parameter [dynamic_templates]")
        if key == "runtime" and root[key]:
            raise unsupported("mapping parameter [runtime]")
        if key not in _ROOT_KEYS:
            raise bad_mapping(f"unknown mapping parameter [{key}]")
    mapping.date_detection = _as_bool(root.get("date_detection", True), "date_detection")
    mapping.numeric_detection = _as_bool(root.get("numeric_detection", False), "numeric_detection")
    mapping.dynamic[""] = _as_dynamic(root.get("dynamic", True))
    _add_properties(mapping, "", root.get("properties") or {})
    return mapping


def _add_properties(mapping: IndexMapping, prefix: str, properties: JsonValue) -> None:
    if not isinstance(properties, dict):
        raise bad_mapping(f"[properties] of [{prefix or '_doc'}] is not an object")
    for key, options in properties.items():
        path = f"{prefix}{key}"
        if not isinstance(options, dict):
            raise bad_mapping(f"the mapping of field [{path}] is not an object")
        if not all(path.split(".")):
            raise bad_mapping(f"field name [{path}] has an empty part")
        _add_property(mapping, path, options)


def _add_property(mapping: IndexMapping, path: str, options: JsonObject) -> None:
    type_name = options.get("type", "object")
    if type_name in ("object", "nested"):
        mapping.add_object(path)
        if type_name == "nested":
            _add_nested(mapping, path, options)
        if not _as_bool(options.get("enabled", True), "enabled"):
            mapping.disabled.add(path)
        if "dynamic" in options:
            mapping.dynamic[path] = _as_dynamic(options["dynamic"])
        _add_properties(mapping, f"{path}.", options.get("properties") or {})
        return
    mapping.add_object(path.rpartition(".")[0])
    mapping.add_field(path, type_name, path, options)
    for key, sub_options in (options.get("fields") or {}).items():
        mapping.add_field(f"{path}.{key}", sub_options.get("type", "object"), path, sub_options)


def _add_nested(mapping: IndexMapping, path: str, options: JsonObject) -> None:
    for key in ("include_in_parent", "include_in_root"):
        if _as_bool(options.get(key, False), key):
            raise unsupported(f"mapping parameter [{key}] of field [{path}]")
    mapping.nested.add(path)


def _make_field(name: str, type_name: str, source: str, column: str, options: JsonObject) -> Field:
    if type_name in _LATER_TYPES:
        raise unsupported(f"field type [{type_name}] of field [{name}]")
    if type_name not in FAMILIES:
        raise bad_mapping(f"No handler for type [{type_name}] declared on field [{name}]")
    unknown = sorted(set(options) - _OPTIONS)
    if unknown:
        raise bad_mapping(f"unknown parameter [{unknown[0]}] on field [{name}] of type [{type_name}]")
    if options.get("copy_to"):
        raise unsupported(f"mapping parameter [copy_to] of field [{name}]")
    if type_name == "scaled_float" and not options.get("scaling_factor"):
        raise bad_mapping(f"field [{name}] of type [scaled_float] needs a [scaling_factor]")
    ignore_above = options.get("ignore_above")
    if ignore_above is not None and (not isinstance(ignore_above, int) or ignore_above < 0):
        raise bad_mapping(f"[ignore_above] of field [{name}] must be a number of characters, not [{ignore_above}]")
    try:
        date_format(str(options.get("format", DEFAULT_FORMAT)))
        scaling_factor = float(options.get("scaling_factor", 1.0))
    except (ValueError, TypeError) as error:
        raise bad_mapping(f"field [{name}]: {error}") from error
    analyzer: str = options.get("analyzer", "standard")
    made = Field(
        name,
        type_name,
        source,
        column,
        format=options.get("format", DEFAULT_FORMAT),
        null_value=options.get("null_value"),
        ignore_above=ignore_above,
        ignore_malformed=_as_bool(options.get("ignore_malformed", False), "ignore_malformed"),
        coerce=_as_bool(options.get("coerce", True), "coerce"),
        scaling_factor=scaling_factor,
        analyzer=analyzer,
        search_analyzer=options.get("search_analyzer") or analyzer,
    )
    for each in (made.analyzer, made.search_analyzer):
        if not is_known_analyzer(each):
            raise bad_mapping(f"analyzer [{each}] of field [{name}] has not been configured in mappings")
    return made


def _as_bool(value: JsonValue, name: str) -> bool:
    if value in (True, "true"):
        return True
    if value in (False, "false"):
        return False
    raise bad_mapping(f"[{name}] is true or false, not [{value}]")


def _as_dynamic(value: JsonValue) -> Dynamic:
    text = str(value).lower()
    if text == "true":
        return "true"
    if text == "false":
        return "false"
    if text == "strict":
        return "strict"
    if text == "runtime":
        raise unsupported("mapping parameter [dynamic: runtime]")
    raise bad_mapping(f"[dynamic] is true, false or strict, not [{value}]")
