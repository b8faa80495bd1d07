"""Run states as this process stored them, so that the next claim need not decode them again.

The version that stands beside a state in its row rises with every change by whomever, so what is kept under that
version is what the row holds.
"""

import math
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import replace
from itertools import chain

from engine.model.alert import RuleState
from engine.model.jsonvalue import JsonObject, JsonValue
from engine.store.encoding import decode_json, encode_json

MOST_ALERTS = 200_000
"""How many alerts the kept states may hold together: some 200 MB at 1 KB each."""

_SCALARS = frozenset({str, int, bool, type(None)})


class StateCache:
    """States by rule number and version, least recently used ones dropped."""

    def __init__(self, most_alerts: int = MOST_ALERTS) -> None:
        self._most_alerts = most_alerts
        self._alerts = 0
        self._kept: OrderedDict[int, tuple[int, RuleState]] = OrderedDict()

    def get(self, rule_no: int, version: int) -> RuleState | None:
        """The state of that version. The rule type may do with its own state what it likes: that is a copy."""
        kept = self._kept.get(rule_no)
        if kept is None or kept[0] != version:
            return None
        self._kept.move_to_end(rule_no)
        state = kept[1]
        return replace(state, type_state=_as_decoded(state.type_state)) if state.type_state else state

    def put(self, rule_no: int, version: int, state: RuleState) -> None:
        """Keep a state that was stored; call it after the commit. What is not stored is dropped from its alerts."""
        self._drop(rule_no)
        for alert in chain(state.active.values(), state.recovered.values()):
            alert.context, alert.reported = {}, False
            alert.state, alert.fields = _as_stored(alert.state), _as_stored(alert.fields)
        self._kept[rule_no] = (version, replace(state, type_state=_as_decoded(state.type_state)))
        self._alerts += _size(state)
        while self._alerts > self._most_alerts:
            self._drop(next(iter(self._kept)))

    def _drop(self, rule_no: int) -> None:
        kept = self._kept.pop(rule_no, None)
        if kept is not None:
            self._alerts -= _size(kept[1])


def _size(state: RuleState) -> int:
    # An empty state counts too, or any number of them would be kept.
    return 1 + len(state.active) + len(state.recovered)


def _as_stored(value: JsonObject) -> JsonObject:
    """The object as it would come back: what JSON has no form for, such as a tuple, comes back as something else."""
    return value if _comes_back(value) else _as_decoded(value)


def _as_decoded(value: JsonObject) -> JsonObject:
    decoded: JsonObject = decode_json(encode_json(value))
    return decoded


def _comes_back(value: JsonValue) -> bool:
    kind = type(value)
    if kind is dict:
        return _all_come_back(value.values())
    if kind is list:
        return _all_come_back(value)
    return kind in _SCALARS or (kind is float and math.isfinite(value))


def _all_come_back(values: Iterable[JsonValue]) -> bool:
    # A plain loop that calls for containers alone: this looks at every value of every alert that is stored.
    for value in values:  # noqa: SIM110 - a generator would cost twice as much
        if type(value) not in _SCALARS and not _comes_back(value):
            return False
    return True
