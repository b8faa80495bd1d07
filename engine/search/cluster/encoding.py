"""Bodies as they are sent."""

import json

import orjson

from engine.model.jsonvalue import JsonObject


def encode(body: JsonObject) -> bytes:
    """JSON on one line; integers beyond 64 bits and unpaired surrogates, which orjson refuses, are the cluster's to
    judge."""
    try:
        return orjson.dumps(body)
    except TypeError:
        return json.dumps(body, separators=(",", ":")).encode()
