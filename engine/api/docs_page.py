"""The reference as one page: written from the OpenAPI document, without scripts and without anything from elsewhere."""

import json
from collections.abc import Iterator
from html import escape
from typing import Final

from engine.model.jsonvalue import JsonObject

CONTENT_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_METHODS: Final = ("get", "post", "put", "patch", "delete")
_STYLE: Final = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 0 auto; padding: 1rem; }
nav a { margin-right: 1rem; }
details { border: 1px solid #8886; border-radius: 6px; margin: .4rem 0; padding: .4rem .8rem; }
summary { cursor: pointer; }
summary code { font-weight: 600; overflow-wrap: anywhere; }
table { border-collapse: collapse; }
td, th { border-bottom: 1px solid #8884; padding: .2rem .8rem .2rem 0; text-align: left; vertical-align: top; }
pre { overflow-x: auto; background: #8882; padding: .6rem; border-radius: 6px; font-size: .85rem; }
"""


def write_page(document: JsonObject) -> str:
    """The page of an OpenAPI document made by `engine.api.openapi`."""
    info, tags = document["info"], [tag["name"] for tag in document["tags"]]
    links = "".join(f'<a href="#{_anchor(tag)}">{escape(tag)}</a>' for tag in (*tags, "Schemas"))
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(info['title'])} API</title><style>{_STYLE}</style></head><body>",
        f"<h1>{escape(info['title'])} API {escape(info['version'])}</h1>",
        f"<p>{escape(info['description'])}</p>",
        f'<p>For programs: <a href="openapi.json">openapi.json</a></p><nav>{links}</nav>',
    ]
    for tag in tags:
        parts.append(f'<h2 id="{_anchor(tag)}">{escape(tag)}</h2>')
        parts.extend(_operations(document, tag))
    parts.append('<h2 id="schemas">Schemas</h2>')
    for name, schema in document["components"]["schemas"].items():
        parts.append(
            f'<details id="{_anchor(name)}"><summary><code>{escape(name)}</code></summary>{_json(schema)}</details>'
        )
    return "\n".join([*parts, "</body></html>"])


def _operations(document: JsonObject, tag: str) -> Iterator[str]:
    for path, operations in document["paths"].items():
        for method in _METHODS:
            operation = operations.get(method)
            if operation is not None and tag in operation["tags"]:
                yield _operation(method, path, operation)


def _operation(method: str, path: str, operation: JsonObject) -> str:
    head = f"<code>{method.upper()} {escape(path)}</code> {escape(operation['summary'])}"
    return f"<details><summary>{head}</summary>{''.join(_details(operation))}</details>"


def _details(operation: JsonObject) -> Iterator[str]:
    own = [parameter for parameter in operation.get("parameters", ()) if "name" in parameter]
    if own:
        rows = "".join(_parameter(parameter) for parameter in own)
        yield f"<table><tr><th>Parameter</th><th>In</th><th></th><th>Schema</th></tr>{rows}</table>"
    if "requestBody" in operation:
        body = operation["requestBody"]
        content = body["content"]["application/json"]
        yield f"<p>Body{'' if body['required'] else ' (optional)'}: {_schema(content['schema'])}</p>"
        if "example" in content:
            yield _json(content["example"])
    for status, answer in operation["responses"].items():
        shown = "".join(f" {escape(media)}: {_schema(of['schema'])}" for media, of in answer.get("content", {}).items())
        yield f"<p><b>{status}</b>{shown or (' an error' if '$ref' in answer else ' no body')}</p>"


def _parameter(parameter: JsonObject) -> str:
    need = "required" if parameter["required"] else ""
    cells = (parameter["name"], parameter["in"], need)
    return f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}<td>{_value(parameter)}</td></tr>"


def _value(parameter: JsonObject) -> str:
    if "schema" in parameter:
        return _schema(parameter["schema"])
    return "".join(f"{escape(media)}: {_schema(of['schema'])}" for media, of in parameter["content"].items())


def _schema(schema: JsonObject) -> str:
    """A link to a schema that has a name, else the schema itself."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f'<a href="#{_anchor(name)}">{escape(name)}</a>'
    if schema.get("type") == "array" and "$ref" in schema.get("items", {}):
        return f"a list of {_schema(schema['items'])}"
    if list(schema) == ["anyOf"]:
        return " or ".join(_schema(choice) for choice in schema["anyOf"])
    return f"<code>{escape(json.dumps(schema))}</code>"


def _json(value: JsonObject) -> str:
    return f"<pre>{escape(json.dumps(value, indent=2, ensure_ascii=False))}</pre>"


def _anchor(name: str) -> str:
    return escape("".join(character if character.isalnum() else "-" for character in name.lower()))
