"""What a kill test tells: figures, then every fault."""

from collections import Counter

from tests.crash.checker import missed_slots, repeats, transitions, unused_answers
from tests.crash.laboratory import Findings

_MOST_FAULTS_TOLD = 30


def print_report(findings: Findings) -> None:
    for figure, value in _figures(findings):
        print(f"  {figure:<14} {value}")
    kinds = Counter(fault.kind for fault in findings.faults)
    print("  verdict        " + (", ".join(f"{count} {kind}" for kind, count in kinds.items()) or "as promised"))
    for fault in findings.faults[:_MOST_FAULTS_TOLD]:
        print(f"    {fault.kind}: {fault.text}")
    if len(findings.faults) > _MOST_FAULTS_TOLD:
        print(f"    and {len(findings.faults) - _MOST_FAULTS_TOLD} more")


def _figures(findings: Findings) -> list[tuple[str, str]]:
    moments = Counter(kill.moment for kill in findings.kills)
    figures = [
        ("seconds", f"{findings.seconds:.0f}"),
        ("kills", f"{len(findings.kills)} ({', '.join(f'{count} {moment}' for moment, count in moments.items())})"),
    ]
    history = findings.history
    if history is None:
        return figures
    states = Counter(message.state for message in history.messages)
    gaps = [run.gap for run in history.runs if run.gap is not None]
    cut_off = sum(not search.is_answered for search in history.searches)
    return [
        *figures,
        ("runs", f"{len(history.runs)} committed; {cut_off} cut off in a search, {unused_answers(history)} after it"),
        ("transitions", str(len(transitions(history)))),
        ("messages", ", ".join(f"{count} {state}" for state, count in sorted(states.items())) or "none"),
        (
            "deliveries",
            f"{len(history.arrivals)} arrived, of these {findings.refused} refused for now and {findings.hung_up} "
            f"cut off; {repeats(history)} accepted again under the same key",
        ),
        ("down time", f"{missed_slots(history)} slots missed, {len(gaps)} gaps told"),
    ]
