"""A store that exists already, as commands use it beside a daemon, and its rules by id or name."""

from engine.model.errors import InvalidInput, Problem, StoreUnavailable
from engine.model.rule import DEFAULT_SPACE
from engine.ports.store import RuleKey, RuleQuery, Store, StoredRule
from engine.store.connections import file_of
from engine.store.sqlite import open_store
from tocsin.cli.text import some

PATIENCE_S = 5.0
"""How long a command waits for another process to let go of the store."""


def existing_store(url: str) -> Store:
    """The store, to be opened yet. Raises StoreUnavailable: a typing error must not make an empty store."""
    refuse_missing_store(url)
    return open_store(url, patience_s=PATIENCE_S)


def refuse_missing_store(url: str) -> None:
    """Raises StoreUnavailable if there is no store yet."""
    file = file_of(url)
    if file is None or not file.exists():
        raise StoreUnavailable(f"there is no store at [{file or url}]; name the one to read with --store FILE")


async def find_rule(store: Store, text: str) -> StoredRule:
    """The rule of an id or, case aside, a name. Raises InvalidInput, naming the ids of all that have the name."""
    key = RuleKey(DEFAULT_SPACE, text)
    if stored := (await store.load_rules([key])).get(key):
        return stored
    page = await store.find_rules(DEFAULT_SPACE, RuleQuery(name_contains=text, limit=None))
    named = [stored for stored in page.rules if stored.rule.name.casefold() == text.casefold()]
    if len(named) > 1:
        remedy = f"give an id: {some(stored.rule.id for stored in named)}"
        raise InvalidInput([Problem("RULE", f"{len(named)} rules are named {text!r}", remedy)])
    if not named:
        every = await store.find_rules(DEFAULT_SPACE, RuleQuery(limit=None))
        known = some(f"{stored.rule.id} ({stored.rule.name})" for stored in every.rules)
        raise InvalidInput([Problem("RULE", f"this store knows no rule {text!r}", f"it knows: {known or 'none'}")])
    return named[0]
