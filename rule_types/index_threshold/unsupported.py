"""What ``.index-threshold`` cannot do yet: refused by name once everything else about the params is right."""

from rule_types.index_threshold.params import IndexThresholdParams
from rule_types.params import refuse


def require_no_filter(params: IndexThresholdParams) -> None:
    """Raises InvalidInput when there is a filter in KQL."""
    if params.filter_kuery:
        raise refuse(
            "filterKuery",
            "filters in KQL are not supported by this version",
            "leave it out, or use rule type .es-query with the filter in esQuery",
        )
