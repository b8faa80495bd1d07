"""Finding rules: the window that may be paged through (rest-api.md 4.5), then the store's own filters and order."""

from engine.model.errors import InvalidInput, Problem
from engine.ports.store import RulePage, RuleQuery, Store

MAX_WINDOW = 10_000


async def find_rules(store: Store, space: str, query: RuleQuery) -> RulePage:
    """The page of rules. ``limit`` None = all that follow ``offset``. Raises InvalidInput."""
    if query.offset < 0:
        raise InvalidInput([Problem("page", "is before the first page", "pages count from 1")])
    if query.limit is not None and query.limit < 0:
        raise InvalidInput([Problem("per_page", "is negative", "use 0 to count only, or more")])
    if query.limit is not None and query.offset + query.limit > MAX_WINDOW:
        message = f"ends beyond rule {MAX_WINDOW}"
        raise InvalidInput([Problem("page", message, "narrow the search instead of paging further")])
    return await store.find_rules(space, query)
