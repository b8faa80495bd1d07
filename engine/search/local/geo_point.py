"""The forms in which a document may hold a geographical point (embedded-search.md 2.2)."""

import math
import re

from engine.model.jsonvalue import JsonValue
from engine.search.local.errors import BadValue

_WKT = re.compile(r"\s*POINT\s*\(\s*(\S+)\s+(\S+)(?:\s+\S+)?\s*\)\s*", re.IGNORECASE)
_BASE32 = "0123456789bcdefghjkmnpqrstuvwxyz"
_LONGEST_GEOHASH = 12


def parse_geo_point(value: JsonValue) -> dict[str, float]:
    """A point as ``{lon, lat}`` from an object, GeoJSON, ``[lon, lat]``, ``"lat,lon"``, WKT or a geohash."""
    try:
        lon, lat = _coordinates(value)
    except (ValueError, TypeError, KeyError, IndexError, OverflowError) as error:
        raise BadValue("parse_exception", f"failed to parse geo_point [{str(value)[:200]}]") from error
    if not (math.isfinite(lon) and math.isfinite(lat)) or abs(lat) > 90 or abs(lon) > 180:
        raise BadValue("illegal_argument_exception", f"illegal latitude or longitude [lat {lat}, lon {lon}]")
    return {"lon": lon, "lat": lat}


def _coordinates(value: JsonValue) -> tuple[float, float]:
    if isinstance(value, dict):
        if "coordinates" in value:
            if str(value.get("type", "")).lower() != "point":
                raise ValueError("only GeoJSON points are points")
            return _number(value["coordinates"][0]), _number(value["coordinates"][1])
        if "geohash" in value:
            return _decode_geohash(value["geohash"])
        return _number(value["lon"]), _number(value["lat"])
    if isinstance(value, list):
        if len(value) not in (2, 3):
            raise ValueError("a point has two coordinates")
        return _number(value[0]), _number(value[1])
    match = _WKT.fullmatch(value)
    if match is not None:
        return float(match[1]), float(match[2])
    if "," in value:
        lat, lon = value.split(",")[:2]
        return float(lon), float(lat)
    return _decode_geohash(value)


def _number(value: JsonValue) -> float:
    if isinstance(value, bool):
        raise TypeError("a coordinate is a number")
    return float(value)


def _decode_geohash(text: str) -> tuple[float, float]:
    if not 0 < len(text) <= _LONGEST_GEOHASH:
        raise ValueError("not a geohash")
    bits = "".join(f"{_BASE32.index(character):05b}" for character in text.lower())
    return _middle(bits[0::2], 180.0), _middle(bits[1::2], 90.0)


def _middle(bits: str, bound: float) -> float:
    low, high = -bound, bound
    for bit in bits:
        middle = (low + high) / 2
        low, high = (middle, high) if bit == "1" else (low, middle)
    return (low + high) / 2
