"""How values become columns: instants as epoch milliseconds, JSON as compact bytes."""

import zlib
from datetime import datetime

import orjson

from engine.model.instant import from_ms, to_ms
from engine.model.jsonvalue import JsonValue

_OPTIONS = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_SUBCLASS

_COMPRESSED_FROM = 8192
_ZLIB_HEADER = b"\x78"  # no JSON text begins with it

decode_json = orjson.loads


def encode_json(value: JsonValue) -> bytes:
    """JSON bytes. Raises TypeError for what is not JSON; an instant in a document would come back as text otherwise."""
    return orjson.dumps(value, None, _OPTIONS)


def compress(data: bytes) -> bytes:
    """JSON bytes as they are stored: large ones are packed, since writing a page costs more than packing it."""
    return data if len(data) < _COMPRESSED_FROM else zlib.compress(data, 1)


def decompress(stored: bytes) -> bytes:
    """The JSON bytes that `compress` was given. Raises ValueError when they are damaged."""
    if stored[:1] != _ZLIB_HEADER:
        return stored
    try:
        return zlib.decompress(stored)
    except zlib.error as error:
        raise ValueError(f"packed bytes are damaged: {error}") from error


def encode_text(value: JsonValue) -> str:
    """The same as text, for columns of type JSON."""
    return encode_json(value).decode()


def ms_or_none(at: datetime | None) -> int | None:
    return None if at is None else to_ms(at)


def instant_or_none(ms: int | None) -> datetime | None:
    return None if ms is None else from_ms(ms)
