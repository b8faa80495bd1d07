"""The functions of the lambdas by name (templates.md 6)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from engine.template.lambdas.contract import Lambda
from engine.template.lambdas.evaluation import evaluate_math
from engine.template.lambdas.hjsontext import hjson_to_json
from engine.template.lambdas.moments import format_date
from engine.template.lambdas.numerals import format_number
from engine.template.lambdas.uri import encode_uri, encode_uri_component

LAMBDAS: Final[Mapping[str, Lambda]] = MappingProxyType(
    {
        "EvalMath": evaluate_math,
        "ParseHjson": hjson_to_json,
        "FormatDate": format_date,
        "FormatNumber": format_number,
        "EncodeURI": encode_uri,
        "EncodeURIComponent": encode_uri_component,
    }
)
