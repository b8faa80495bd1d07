"""Params of an action: which strings are templates and in which mode, decided once per rule revision (templates.md 2).

Params are compiled to a flat list of steps that build them anew, container by container, so that no nesting can exhaust
the stack and nothing that is handed out is shared with the stored rule.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

import orjson

from engine.model.jsonvalue import JsonObject, JsonValue
from engine.ports.connector import EscapeMode, TemplateTreatment
from engine.template.jsontext import TooDeep, to_json
from engine.template.mustache import Template, compile_template
from engine.template.renderer import DEFAULT_MAX_CHARS
from engine.template.values import Variables

_Modes: TypeAlias = "dict[str, EscapeMode | _Modes]"
"""`TemplateTreatment.modes` by path segment."""

_NO_MODES: Final[_Modes] = {}
Computation: TypeAlias = Callable[[JsonObject], JsonValue]
"""Makes a member of all variables; see `TemplateTreatment.computed`."""
_NOTHING: Final[Mapping[str, Computation]] = {}


@dataclass(frozen=True, slots=True)
class RenderedParams:
    """Rendered params, and what went wrong: ``<path>: template error at offset ...``, without the template's text."""

    params: JsonObject
    errors: list[str]


class _Step(NamedTuple):
    """Put something into the container that step ``holder`` made (0: the params themselves).

    ``content`` is `dict` or `list` (make an empty one), a Template to render in ``mode``, or the value to put in.
    ``key`` is the position in an array.
    """

    holder: int
    key: str | int
    content: JsonValue
    mode: EscapeMode = EscapeMode.NONE


class CompiledParams:
    """Params of one action, compiled. See `compile_params`."""

    def __init__(self, steps: list[_Step], computed: Mapping[str, Computation] = _NOTHING) -> None:
        self._steps, self._computed = steps, computed
        self._templates = [step.content for step in steps if type(step.content) is Template]

    def names(self) -> frozenset[str]:
        """The names that the templates in the params refer to."""
        return frozenset[str]().union(*(template.names() for template in self._templates))

    def render(self, variables: Variables, *, max_chars: int = DEFAULT_MAX_CHARS) -> RenderedParams:
        """The params with every template rendered. All containers are new. Never raises.

        ``max_chars`` bounds each string by itself.
        """
        made: list[JsonValue] = [{}]
        errors: list[str] = []
        value: JsonValue
        for holder, key, content, mode in self._steps:
            if type(content) is Template:
                found: list[str] = []
                value = content.render(variables, mode, max_chars=max_chars, errors=found)
                if found:
                    path = self._path(holder, key)
                    errors.extend(f"{path}: {error}" for error in found)
            elif content is dict or content is list:
                value = content()
                made.append(value)
            else:
                value = content
            container = made[holder]
            if type(container) is dict:
                container[key] = value
            else:
                container.append(value)
        if self._computed:
            self._compute(made[0], variables, errors)
        return RenderedParams(made[0], errors)

    def _compute(self, params: JsonObject, variables: Variables, errors: list[str]) -> None:
        for member, compute in self._computed.items():
            try:
                params[member] = compute(orjson.loads(to_json(variables)))
            except (ValueError, TooDeep) as error:
                params.pop(member, None)
                errors.append(f"{member}: {str(error) or 'the variables are nested too deeply'}")

    def _path(self, holder: int, key: str | int) -> str:
        containers = [step for step in self._steps if step.content is dict or step.content is list]
        segments = [str(key)]
        while holder:
            step = containers[holder - 1]
            segments.append(str(step.key))
            holder = step.holder
        return ".".join(reversed(segments))


def compile_params(params: JsonObject, treatment: TemplateTreatment) -> CompiledParams:
    """Compile the templates in an action's params as its connector type wants them treated. Never raises.

    A mode of ``treatment.modes`` holds for the member at its path and for everything inside of it.
    """
    treatment = treatment.of_params(params)
    given = {name: member for name, member in params.items() if name not in treatment.computed}
    params = _filled_in({**given, **treatment.fixed}, treatment.defaults)
    modes = _by_segment(treatment.modes)
    default = treatment.default
    if treatment.keeps_only_modes:
        kept = _keep_only(params, modes)
        if kept is None:
            default, modes = None, _NO_MODES
        else:
            params = kept
    return CompiledParams(_steps(params, modes, default), treatment.computed)


def _filled_in(params: JsonObject, defaults: Mapping[str, JsonValue]) -> JsonObject:
    for path, value in defaults.items():
        params = _with_default(params, path.split("."), value)
    return params


def _with_default(holder: JsonObject, path: Sequence[str], value: JsonValue) -> JsonObject:
    name, *inner_path = path
    if not inner_path:
        return holder if name in holder else {**holder, name: value}
    inner = holder.get(name)
    return {**holder, name: _with_default(inner, inner_path, value)} if isinstance(inner, dict) else holder


def _by_segment(modes: Mapping[str, EscapeMode]) -> _Modes:
    root: _Modes = {}
    for path, mode in modes.items():
        *outer, last = path.split(".")
        level = root
        for segment in outer:
            inner = level.setdefault(segment, {})
            if not isinstance(inner, dict):
                break  # a mode for the whole of it stands already
            level = inner
        else:
            level[last] = mode
    return root


def _keep_only(params: JsonObject, modes: _Modes) -> JsonObject | None:
    """The members that have a mode, and nothing else; None if none of them is a non-empty string."""
    kept: JsonObject = {}
    has_text = False
    for segment, mode in modes.items():
        member = params.get(segment)
        if isinstance(mode, dict):
            inner = _keep_only(member, mode) if isinstance(member, dict) else None
            if inner is not None:
                kept[segment] = inner
                has_text = True
        elif segment in params:
            kept[segment] = member
            has_text = has_text or (isinstance(member, str) and member != "")
    return kept if has_text else None


def _steps(params: JsonObject, modes: _Modes, default: EscapeMode | None) -> list[_Step]:
    """The steps that build the params, breadth first: a container's step comes before those of its members."""
    steps: list[_Step] = []
    containers = 1
    waiting: deque[tuple[int, JsonValue, _Modes, EscapeMode | None]] = deque([(0, params, modes, default)])
    while waiting:
        holder, container, modes_here, outer_mode = waiting.popleft()
        for key, member in container.items() if isinstance(container, dict) else enumerate(container):
            found = modes_here.get(str(key), _NO_MODES)
            inner_modes, mode = (found, outer_mode) if isinstance(found, dict) else (_NO_MODES, found)
            if isinstance(member, (dict, list)):
                steps.append(_Step(holder, key, dict if isinstance(member, dict) else list))
                waiting.append((containers, member, inner_modes, mode))
                containers += 1
            elif isinstance(member, str) and mode is not None:
                template = compile_template(member)
                steps.append(_Step(holder, key, member if template.is_literal else template, mode))
            else:
                steps.append(_Step(holder, key, member))
    return steps
