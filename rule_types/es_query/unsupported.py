"""What ``.es-query`` cannot do yet: refused by name once everything else about the params is right."""

from rule_types.es_query.params import DslParams, EsQueryParams
from rule_types.params import refuse

_WHAT = {"searchSource": "a query over a data view", "esqlQuery": "an ES|QL query"}


def require_dsl(params: EsQueryParams) -> DslParams:
    """The params of a query in Elasticsearch's DSL. Raises InvalidInput for the two other search types."""
    if isinstance(params, DslParams):
        return params
    raise refuse(
        "searchType",
        f"{params.search_type} ({_WHAT[params.search_type]}) is not supported by this version",
        "use searchType esQuery with esQuery and index",
    )
