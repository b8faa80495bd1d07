"""Which questions are asked, in which order; the first answer counts (actions-scheduling.md 2, 3).

A further stage is one file in `stages` and one line here.
"""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from engine.model.alert import Alert
from engine.notify.actions import CompiledAction
from engine.notify.decision import DecisionInput
from engine.notify.gates import cancelled_run, muted_rule, snoozed_rule
from engine.notify.reasons import Reason
from engine.notify.stages import (
    delayed,
    documents,
    filter_query,
    group,
    maintenance,
    muted,
    notify_when,
    pending_recovery,
    reported,
    summary_filter,
    summary_throttle,
    throttle,
    timeframe,
)

Gate: TypeAlias = Callable[[DecisionInput], Reason | None]
"""None = go on; a reason closes the run to all actions."""

Stage: TypeAlias = Callable[[DecisionInput, CompiledAction, Alert], Reason | None]
"""None = go on; a reason keeps this action back for this alert."""

SummaryStage: TypeAlias = Callable[[DecisionInput, CompiledAction], Reason | None]
"""None = go on; a reason keeps this summary back."""

GATES: tuple[Gate, ...] = (
    muted_rule.judge,
    snoozed_rule.judge,
    cancelled_run.judge,
)

STAGES_FOR_ALL: tuple[Stage, ...] = (
    maintenance.judge,
    muted.judge,
    delayed.judge,
    pending_recovery.judge,
    documents.judge,
    filter_query.judge,
    timeframe.judge,
)
"""What active and recovered alerts alike must pass; for recovered ones it is all."""

STAGES_FOR_ACTIVE: tuple[Stage, ...] = (
    reported.judge,
    group.judge,
    notify_when.judge,
    throttle.judge,
)
"""What active alerts must pass besides."""

STAGES_FOR_SUMMARIES: tuple[SummaryStage, ...] = (
    documents.judge_summary,
    summary_filter.judge,
    summary_throttle.judge,
)
"""What a summary action must pass before anything is summed up."""


def find_closed_gate(situation: DecisionInput) -> Reason | None:
    """Why no action may be considered in this run; None if they may."""
    for gate in GATES:
        reason = gate(situation)
        if reason is not None:
            return reason
    return None


def find_reason(
    stages: Sequence[Stage], situation: DecisionInput, action: CompiledAction, alert: Alert
) -> Reason | None:
    """Why the action is kept back for the alert; None if it fires."""
    for stage in stages:
        reason = stage(situation, action, alert)
        if reason is not None:
            return reason
    return None


def find_summary_reason(situation: DecisionInput, action: CompiledAction) -> Reason | None:
    """Why a summary action is kept back, whatever there is to tell; None if it is not."""
    for stage in STAGES_FOR_SUMMARIES:
        reason = stage(situation, action)
        if reason is not None:
            return reason
    return None
