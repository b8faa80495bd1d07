"""Values as YAML text that our own files take: what is read from it is the same value again."""

from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, ScalarNode
from ruamel.yaml.representer import SafeRepresenter

from engine.model.jsonvalue import JsonValue

_WIDTH = 120


def yaml_of(value: JsonValue) -> str:
    """The value as a YAML document; text of several lines stands in lines, as one would write it.

    If any character of it could do harm on a terminal, all that are not ASCII are escaped.
    """
    text = _dumped(value, is_ascii=False)
    return text if _is_harmless(text) else _dumped(value, is_ascii=True)


def _dumped(value: JsonValue, *, is_ascii: bool) -> str:
    yaml, text = YAML(typ="safe", pure=True), StringIO()
    yaml.Representer = _Representer
    yaml.default_flow_style, yaml.sort_base_mapping_type_on_output = False, False  # type: ignore[assignment]
    yaml.width, yaml.allow_unicode = _WIDTH, not is_ascii
    yaml.dump(value, text)
    return text.getvalue()


class _Representer(SafeRepresenter):
    """Writes neither anchors nor, for text that is shown badly in lines, lines."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def represent_str(self, data: str) -> ScalarNode:
        style = None if data.isprintable() else "|" if _is_harmless(data) and "\t" not in data else '"'
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=style)

    def represent_dict(self, data: dict[str, Any]) -> MappingNode:
        node: MappingNode = super().represent_dict(data)
        for key, _ in node.value:
            # The name of a member has one line.
            key.style = '"' if key.style == "|" else key.style
        return node


_Representer.add_representer(str, _Representer.represent_str)
_Representer.add_representer(dict, _Representer.represent_dict)


def _is_harmless(text: str) -> bool:
    return text.replace("\n", "").isprintable()
