"""Telling which rules lose what they refer to (data-views.md 3.1, 3.3)."""

import logging

from engine.model.data_view import DataView
from engine.model.reference import DATA_VIEW_KIND, Reference
from engine.ports.store import RuleQuery, Store

_log = logging.getLogger("tocsin.rules")
_MOST_NAMED = 20


async def tell_dangling_rules(store: Store, view: DataView) -> None:
    """Warn of the rules that use a data view which is not there any more; silent if there are none."""
    query = RuleQuery(refers_to=Reference(DATA_VIEW_KIND, view.id), sort="name", limit=_MOST_NAMED)
    page = await store.find_rules(view.space, query)
    if not page.total:
        return
    names = [f"{stored.rule.name} [{stored.rule.id}]" for stored in page.rules]
    if page.total > len(names):
        names.append(f"{page.total - len(names)} more")
    _log.warning(
        "data view [%s] is gone and these rules use it: %s. Their runs fail until they name another one",
        view.id,
        ", ".join(names),
    )
