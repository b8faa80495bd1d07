"""Bodies of roles, and roles as answers show them (rest-api.md 7.1)."""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from engine.model.jsonvalue import JsonObject, JsonValue
from engine.model.role import EVERY_SPACE, Role, SpacePrivileges
from engine.operations.validation import parse_model
from engine.operations.values import NotNull, Strict, Told, refusal, written_as

_SPACE = re.compile(r"[a-z0-9_-]+", re.ASCII)
_FEATURE = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_LONGEST_DESCRIPTION = 2048
_NO_RESERVED_NAMES = Told({"propertyNames": {"pattern": "^([^_]|$)"}})


def _check_metadata(metadata: dict[str, Any]) -> dict[str, Any]:
    for name in metadata:
        if name.startswith("_"):
            raise refusal(f"has a member {name[:60]!r}", "use names that do not start with '_': those are reserved")
    return metadata


def _check_spaces(spaces: list[str]) -> list[str]:
    if spaces == [EVERY_SPACE]:
        return spaces
    for space in spaces:
        if _SPACE.fullmatch(space) is None:
            raise refusal(f"{space[:60]!r} is no space id", "give ['*'] alone, or ids of a-z, 0-9, '_' and '-'")
    return spaces


def _check_identifier(text: str) -> str:
    if _FEATURE.fullmatch(text) is None:
        raise refusal(f"{text[:60]!r} is not an id", "use letters, digits, '_' and '-'")
    return text


_Identifier = Annotated[str, AfterValidator(_check_identifier), written_as(_FEATURE.pattern)]
_Spaces = Annotated[
    list[str],
    Field(min_length=1),
    AfterValidator(_check_spaces),
    WithJsonSchema(
        {
            "anyOf": [
                {"const": [EVERY_SPACE]},
                {"type": "array", "minItems": 1, "items": {"type": "string", "pattern": f"^{_SPACE.pattern}$"}},
            ]
        }
    ),
]
_AtLeastOne = Annotated[list[str], Field(min_length=1)]
_Texts = Annotated[list[str] | None, NotNull]


class FieldSecurityBody(Strict):
    grant: _Texts = None
    except_: Annotated[list[str] | None, NotNull, Field(alias="except")] = None


class IndexBody(Strict):
    names: _AtLeastOne
    privileges: _AtLeastOne
    field_security: Annotated[FieldSecurityBody | None, NotNull] = None
    query: Annotated[str | None, NotNull] = None
    allow_restricted_indices: bool = False


class RemoteIndexBody(IndexBody):
    clusters: _AtLeastOne


class RemoteClusterBody(Strict):
    clusters: _AtLeastOne
    privileges: _AtLeastOne


class ElasticsearchBody(Strict):
    """Kept and given back: searches run with the rights of the configured connection. Only ``cluster`` counts here."""

    cluster: list[str] = Field(default_factory=list)
    indices: list[IndexBody] = Field(default_factory=list)
    remote_cluster: Annotated[list[RemoteClusterBody] | None, NotNull] = None
    remote_indices: Annotated[list[RemoteIndexBody] | None, NotNull] = None
    run_as: list[str] = Field(default_factory=list)


class KibanaBody(Strict):
    """Privileges in some spaces: either ``base`` or ``feature``."""

    spaces: _Spaces = Field(default_factory=lambda: [EVERY_SPACE])
    base: list[Literal["all", "read"]] = Field(default_factory=list)
    feature: dict[_Identifier, list[_Identifier]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _check_grants(self) -> "KibanaBody":
        if self.base and self.feature:
            raise refusal("grants base and feature privileges at once", "use one of the two")
        if not self.base and not any(self.feature.values()):
            raise refusal("grants nothing", "give base or feature privileges")
        return self


class RoleBody(Strict):
    """The body of PUT."""

    description: Annotated[str | None, NotNull, Field(max_length=_LONGEST_DESCRIPTION)] = None
    metadata: Annotated[dict[str, Any] | None, NotNull, AfterValidator(_check_metadata), _NO_RESERVED_NAMES] = None
    elasticsearch: ElasticsearchBody
    kibana: list[KibanaBody] = Field(default_factory=list)

    @model_validator(mode="after")
    def _check_spaces_once(self) -> "RoleBody":
        seen: set[str] = set()
        for entry in self.kibana:
            for space in entry.spaces:
                if space in seen:
                    raise refusal(f"names the space [{space}] in kibana twice", "put its privileges into one entry")
                seen.add(space)
        return self


def parse_role(name: str, body: JsonValue) -> Role:
    """The role of a body. Raises InvalidInput."""
    parsed = parse_model(RoleBody, body)
    return Role(
        name=name,
        kibana=tuple(
            SpacePrivileges(
                tuple(entry.spaces),
                tuple(entry.base),
                {feature: tuple(privileges) for feature, privileges in entry.feature.items()},
            )
            for entry in parsed.kibana
        ),
        elasticsearch=parsed.elasticsearch.model_dump(by_alias=True, exclude_none=True),
        description=parsed.description or "",
        metadata=parsed.metadata or {},
    )


def role_to_json(role: Role) -> JsonObject:
    """The role as GET answers it."""
    shown: JsonObject = {"name": role.name}
    if role.description:
        shown["description"] = role.description
    return shown | {
        "metadata": role.metadata,
        "transient_metadata": {"enabled": True},
        "elasticsearch": role.elasticsearch,
        "kibana": _kibana(role),
        "_transform_error": [],
        "_unrecognized_applications": [],
    }


def _kibana(role: Role) -> list[JsonObject]:
    return [
        {
            "base": list(entry.base),
            "feature": {feature: list(privileges) for feature, privileges in entry.feature.items()},
            "spaces": list(entry.spaces),
        }
        for entry in role.kibana
    ]
