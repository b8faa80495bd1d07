"""Reasons in words, with their facts: what `tocsin why` and the library tell people."""

from engine.model.jsonvalue import JsonObject
from engine.notify.reasons import EXPLANATIONS


def explain(code: str, facts: JsonObject) -> str:
    """One sentence about a decision, followed by its facts."""
    sentence = EXPLANATIONS.get(code, f"Kept back for a reason this version does not know ({code}).")  # type: ignore[call-overload]
    told = "; ".join(f"{name.replace('_', ' ')}: {_text(value)}" for name, value in facts.items())
    return f"{sentence[:-1]} ({told})." if told else str(sentence)


def _text(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
