"""What a user may do to spaces (rest-api.md 1.1)."""

import re
from datetime import datetime
from typing import Annotated, Final, TypeAlias

from pydantic import AfterValidator, Field

from engine.model.errors import Conflict, InvalidInput, NotFound, Problem
from engine.model.jsonvalue import JsonObject, JsonValue
from engine.model.rule import DEFAULT_SPACE
from engine.model.space import DEFAULT, Space
from engine.operations.rules import Rules
from engine.operations.validation import parse_model
from engine.operations.values import NotNull, Strict, Told, refusal, written_as
from engine.ports.store import AuditEntry, RuleQuery, Store

_ID: Final = re.compile(r"[a-z0-9_-]+", re.ASCII)
_COLOR: Final = re.compile(r"#([a-fA-F0-9]{3}|[a-fA-F0-9]{6})", re.ASCII)
_RULES_AT_ONCE = 100


def _check_id(text: str) -> str:
    if _ID.fullmatch(text) is None:
        raise refusal(f"{text[:40]!r} is no id of a space", "use lower case letters, digits, _ and -")
    return text


def _check_color(text: str) -> str:
    if _COLOR.fullmatch(text) is None:
        raise refusal(f"{text[:40]!r} is no color", "write it like #AABBCC")
    return text


def _check_image(text: str) -> str:
    if text and not text.startswith("data:image/"):
        raise refusal("is no image", "write it as a data URL: data:image/...")
    return text


Text: TypeAlias = Annotated[str | None, NotNull]
Color: TypeAlias = Annotated[str, AfterValidator(_check_color), written_as(_COLOR.pattern)]
Image: TypeAlias = Annotated[str, AfterValidator(_check_image), Told({"pattern": "^(data:image/|$)"})]


class SpaceBody(Strict):
    """A space as clients send it. ``_reserved`` of an answer may be sent back, and has no effect."""

    id: Annotated[str, Field(min_length=1, max_length=1000), AfterValidator(_check_id), written_as(_ID.pattern)]
    name: Annotated[str, Field(min_length=1)]
    description: Text = None
    initials: Annotated[str | None, NotNull, Field(max_length=2)] = None
    color: Annotated[Color | None, NotNull] = None
    disabledFeatures: list[str] = Field(default_factory=list)  # noqa: N815 - the wire's name
    imageUrl: Annotated[Image | None, NotNull] = None  # noqa: N815 - the wire's name
    solution: Text = None
    reserved: Annotated[bool, Field(alias="_reserved")] = False


class Spaces:
    """The operations on spaces. ``actor`` is the user's name; all may raise StoreUnavailable."""

    def __init__(self, store: Store, rules: Rules) -> None:
        self._store, self._rules = store, rules

    async def exists(self, space_id: str) -> bool:
        """Whether there is a space of that id."""
        return space_id == DEFAULT_SPACE or any(space.id == space_id for space in await self._store.spaces())

    async def find(self) -> list[Space]:
        """All spaces by id, the default one among them."""
        stored = {space.id: space for space in await self._store.spaces()}
        return sorted(({DEFAULT_SPACE: DEFAULT} | stored).values(), key=lambda space: space.id)

    async def get(self, space_id: str) -> Space:
        """The space. Raises NotFound."""
        for space in await self.find():
            if space.id == space_id:
                return space
        raise NotFound("space", space_id)

    async def create(self, body: JsonValue, *, at: datetime, actor: str | None) -> Space:
        """Make a space. Raises InvalidInput, or Conflict if the id is taken."""
        space = _parse(body)
        audit = _audit("create", space, at, actor)
        if space.is_reserved or not await self._store.insert_space(space, audit):
            raise Conflict(f"space [{space.id}] exists already")
        return space

    async def update(self, space_id: str, body: JsonValue, *, at: datetime, actor: str | None) -> Space:
        """Replace what is said of a space. Raises InvalidInput or NotFound."""
        space = _parse(body)
        if space.id != space_id:
            raise InvalidInput([Problem("id", f"is not that of the path, {space_id}", "a space keeps its id")])
        await self.get(space_id)
        await self._store.put_space(space, _audit("update", space, at, actor))
        return space

    async def delete(self, space_id: str, *, at: datetime, actor: str | None) -> None:
        """Remove a space and everything in it; the history of its rules stays. Raises InvalidInput or NotFound."""
        space = await self.get(space_id)
        if space.is_reserved:
            raise InvalidInput([Problem("", f"space [{space_id}] is always there", "delete what is in it instead")])
        while (page := await self._store.find_rules(space_id, RuleQuery(limit=_RULES_AT_ONCE))).rules:
            for stored in page.rules:
                await self._rules.delete(stored.rule.id, at=at, actor=actor, space=space_id)
        if not await self._store.delete_space(space_id, _audit("delete", space, at, actor)):
            raise NotFound("space", space_id)


def space_to_json(space: Space) -> JsonObject:
    """The space as answers show it: what was not given is left out."""
    optional = {
        "description": space.description,
        "color": space.color,
        "initials": space.initials,
        "imageUrl": space.image_url,
        "solution": space.solution,
    }
    shown: JsonObject = {"id": space.id, "name": space.name}
    shown |= {name: value for name, value in optional.items() if value is not None}
    shown["disabledFeatures"] = list(space.disabled_features)
    return shown | {"_reserved": True} if space.is_reserved else shown


def _parse(body: JsonValue) -> Space:
    parsed = parse_model(SpaceBody, body)
    return Space(
        id=parsed.id,
        name=parsed.name,
        description=parsed.description,
        color=parsed.color,
        initials=parsed.initials,
        image_url=parsed.imageUrl,
        solution=parsed.solution,
        disabled_features=tuple(parsed.disabledFeatures),
    )


def _audit(operation: str, space: Space, at: datetime, actor: str | None) -> AuditEntry:
    return AuditEntry(at, actor, operation, "space", space.id, space.id, {"name": space.name})
