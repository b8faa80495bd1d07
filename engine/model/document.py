"""How an alert document is put together from its two stored halves (rule-run.md 10)."""

from engine.model.jsonvalue import JsonObject


def join_document(rule_fields: JsonObject, changing: JsonObject) -> JsonObject:
    """The whole alert document, flat dotted keys: the rule's own fields and the part that runs change.

    The halves share no key, since a payload cannot touch the rule's fields.
    """
    return {**rule_fields, **changing}
