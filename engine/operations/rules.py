"""What a user may do to rules (rest-api.md 4.1-4.4): each operation reads, checks, and writes in one change."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from copy import copy
from dataclasses import replace
from datetime import datetime
from functools import partial

from engine.model.errors import Conflict, NotFound
from engine.model.jsonvalue import JsonObject, JsonValue
from engine.model.rule import DEFAULT_SPACE, Rule
from engine.model.settings import EngineSettings
from engine.operations import bulk_edit, lifecycle, muting, snoozing
from engine.operations.admission import Admission
from engine.operations.authorization import Authorization
from engine.operations.body import parse_create, parse_update
from engine.operations.bulk_form import Edit
from engine.operations.capacity import warn_of_short_interval
from engine.operations.checks import find_rule_type
from engine.operations.definition import edited_rule, new_rule, owned, owned_by, redefined_rule
from engine.operations.find import find_rules
from engine.operations.meaning import is_same_json
from engine.operations.planning import Applied, AppliedAs, Planned, plan_rule
from engine.operations.retries import pause_before_retry
from engine.operations.rule_access import RuleAccess
from engine.ports.clock import Ids
from engine.ports.connectors import ConnectorDirectory
from engine.ports.references import references_of
from engine.ports.registry import Registry
from engine.ports.store import AuditEntry, RuleChange, RuleKey, RulePage, RuleQuery, Store, StoredRule
from engine.run.schedule import rescheduled_for_interval
from engine.run.subject import identity_of
from engine.security.caller import Caller
from engine.timing.durations import parse_duration


class Rules:
    """The operations on rules. ``actor`` is the user's name, None without security; all may raise StoreUnavailable."""

    def __init__(
        self,
        *,
        store: Store,
        registry: Registry,
        connectors: ConnectorDirectory,
        settings: EngineSettings,
        new_id: Ids,
        pause: Callable[[], Awaitable[None]] = pause_before_retry,
    ) -> None:
        self._store = store
        self._registry = registry
        self._settings = settings
        self._new_id = new_id
        self._authorization = Authorization(registry)
        self._access = RuleAccess(store, self._authorization, pause)
        self._admission = Admission(store, registry, connectors, settings, new_id, self._authorization)

    def under(self, caller: Caller) -> "Rules":
        """The same, judged by a caller's rights (1.8): all operations may raise Forbidden then.

        Rules that he creates, changes or enables come to run with his rights (1.7); otherwise with the operator's.
        """
        rules = copy(self)
        rules._authorization = Authorization(self._registry, caller)
        rules._access = replace(self._access, authorization=rules._authorization)
        rules._admission = replace(self._admission, authorization=rules._authorization)
        return rules

    async def create(
        self,
        body: JsonValue,
        *,
        at: datetime,
        actor: str | None,
        space: str = DEFAULT_SPACE,
        rule_id: str | None = None,
        in_bulk: bool = False,
    ) -> StoredRule:
        """Create a rule. Raises, in the order of 1.4: InvalidInput, Forbidden (consumer), Conflict (id taken)."""
        parsed = parse_create(body)
        parts = await self._admission.admit_new(parsed, space)
        rule = new_rule(parsed, parts, rule_id=rule_id or self._new_id(), space=space, at=at, actor=actor)
        rule = owned(rule, self._authorization.caller)
        schedule, status = lifecycle.start_schedule(rule, at, in_bulk=in_bulk), lifecycle.first_status(at)
        references = references_of(find_rule_type(rule.rule_type_id, self._registry), rule.params)
        if not await self._store.insert_rule(rule, schedule, status, _audit("create", rule, at, actor), references):
            raise Conflict(f"rule [{rule.id}] exists already")
        warn_of_short_interval(rule.id, rule.interval, self._settings)
        return StoredRule(rule=rule, version=1, status=status, schedule=schedule)

    async def get(self, rule_id: str, *, space: str = DEFAULT_SPACE) -> StoredRule:
        """The rule. Raises NotFound."""
        return await self._access.load(RuleKey(space, rule_id), "get")

    async def find(self, query: RuleQuery, *, space: str = DEFAULT_SPACE) -> RulePage:
        """The rules that match, those hidden that the caller may not read.

        Raises InvalidInput for a page outside the window.
        """
        kinds = self._authorization.readable_kinds(space, self._settings)
        return await find_rules(self._store, space, replace(query, kinds=kinds))

    async def update(
        self, rule_id: str, body: JsonValue, *, at: datetime, actor: str | None, space: str = DEFAULT_SPACE
    ) -> StoredRule:
        """Change a rule as PUT does (2.8). Raises InvalidInput, NotFound or Conflict."""
        parsed = parse_update(body)

        async def decide(stored: StoredRule) -> RuleChange:
            parts = await self._admission.admit_edit(parsed, stored)
            clears = self._settings.clear_throttle_on_null
            edited = edited_rule(stored.rule, parsed, parts, at=at, actor=actor, clears_throttle=clears)
            return await self._edit(stored, owned(edited, self._authorization.caller), at, actor)

        edited = await self._access.change(RuleKey(space, rule_id), decide, "get")
        warn_of_short_interval(rule_id, edited.rule.interval, self._settings)
        return edited

    async def edit(
        self, rule_id: str, edits: Sequence[Edit], *, at: datetime, actor: str | None, space: str = DEFAULT_SPACE
    ) -> StoredRule:
        """Make single changes of a rule, all or none (8.1). Raises InvalidInput, NotFound or Conflict."""

        async def decide(stored: StoredRule) -> RuleChange | None:
            rule = await bulk_edit.edited(stored, edits, self._admission, at=at, actor=actor)
            return None if rule is None else await self._edit(stored, rule, at, actor)

        return await self._access.change(RuleKey(space, rule_id), decide, "edit")

    async def delete(self, rule_id: str, *, at: datetime, actor: str | None, space: str = DEFAULT_SPACE) -> None:
        """Remove a rule; its alerts become untracked, its history stays. Raises NotFound."""
        key = RuleKey(space, rule_id)
        stored = await self._access.load(key, "delete")
        state = await self._access.state(key)
        identity = identity_of(stored.rule, self._registry.rule_type(stored.rule.rule_type_id))
        documents, traces = lifecycle.untracking_of(state.state.active.values(), identity, at)
        audit = _audit("delete", stored.rule, at, actor)
        if not await self._store.delete_rule(key, documents, traces, audit):
            raise NotFound("rule", rule_id)

    async def enable(
        self, rule_id: str, *, at: datetime, actor: str | None, space: str = DEFAULT_SPACE, in_bulk: bool = False
    ) -> StoredRule:
        """Enable a rule (4.1); an enabled one stays as it is. Raises NotFound, InvalidInput (capacity) or Conflict."""

        async def decide(stored: StoredRule) -> RuleChange | None:
            rule = stored.rule
            if not rule.enabled:
                await self._admission.check_capacity(rule.interval)
            self._check_with_actions("enable", rule)
            if not rule.enabled:
                state, caller = await self._access.state(_key(rule)), self._authorization.caller
                change = lifecycle.enabling(stored, state, at=at, actor=actor, caller=caller, in_bulk=in_bulk)
                return replace(change, audit=_audit("enable", rule, at, actor))
            if stored.schedule.next_run is None:
                schedule = lifecycle.start_schedule(rule, at, in_bulk=in_bulk)
                audit = _audit("enable", rule, at, actor)
                return RuleChange(rule, stored.version, schedule=schedule, audit=audit)
            return None

        return await self._access.change(RuleKey(space, rule_id), decide)

    async def disable(
        self, rule_id: str, *, at: datetime, actor: str | None, space: str = DEFAULT_SPACE, untrack: bool = False
    ) -> StoredRule:
        """Disable a rule (4.2), with ``untrack`` letting its alerts go. Raises NotFound or Conflict."""

        async def decide(stored: StoredRule) -> RuleChange | None:
            rule = stored.rule
            change = lifecycle.disabling(stored, at=at, actor=actor) if rule.enabled else None
            if untrack:
                state = await self._access.state(_key(rule))
                if change is None and not state.state.active:
                    return None
                change = change or RuleChange(rule, stored.version)
                identity = identity_of(rule, self._registry.rule_type(rule.rule_type_id))
                change = lifecycle.letting_go(change, state, identity, at)
            return change and replace(change, audit=_audit("disable", rule, at, actor, untrack=untrack))

        return await self._access.change(RuleKey(space, rule_id), decide, "disable")

    async def update_api_key(
        self, rule_id: str, *, at: datetime, actor: str | None, space: str = DEFAULT_SPACE
    ) -> StoredRule:
        """Let a rule, enabled or not, run with the rights of the caller (1.7). Raises NotFound or Conflict."""

        async def decide(stored: StoredRule) -> RuleChange:
            self._check_with_actions("update the API key of", stored.rule)
            rule = replace(owned_by(stored.rule, self._authorization.caller), updated_at=at, updated_by=actor)
            return RuleChange(rule, stored.version, audit=_audit("update_api_key", rule, at, actor))

        return await self._access.change(RuleKey(space, rule_id), decide)

    async def mute_all(
        self, rule_id: str, *, at: datetime, actor: str | None, space: str = DEFAULT_SPACE
    ) -> StoredRule:
        """Keep all actions of a rule silent (4.3). Raises NotFound or Conflict."""
        change = partial(muting.muted_all, is_muted=True, at=at, actor=actor)
        return await self._silence("mute_all", RuleKey(space, rule_id), change, at, actor)

    async def unmute_all(
        self, rule_id: str, *, at: datetime, actor: str | None, space: str = DEFAULT_SPACE
    ) -> StoredRule:
        """End `mute_all` and every single mute. Raises NotFound or Conflict."""
        change = partial(muting.muted_all, is_muted=False, at=at, actor=actor)
        return await self._silence("unmute_all", RuleKey(space, rule_id), change, at, actor)

    async def mute_alert(
        self,
        rule_id: str,
        alert_id: str,
        *,
        at: datetime,
        actor: str | None,
        space: str = DEFAULT_SPACE,
        validate_existence: bool = True,
        expires_at: datetime | None = None,
        end: muting.MuteEnd | None = None,
    ) -> StoredRule:
        """Mute one alert (4.4), for good or until ``expires_at``, which is short for an ``end`` at that time.

        Raises NotFound (rule; or alert that the rule never had) or Conflict.
        """
        key = RuleKey(space, rule_id)
        if validate_existence:
            await self._access.load(key, "mute_alert")
            if not await self._store.alert_exists(key, alert_id):
                raise NotFound("alert", alert_id)
        end = end if expires_at is None else muting.MuteEnd(expires_at)
        change = partial(muting.muted_alert, alert_id=alert_id, at=at, actor=actor, end=end)
        details = {"alert_id": alert_id, **({} if end is None else end.as_json())}
        return await self._silence("mute_alert", key, change, at, actor, **details)

    async def unmute_alert(
        self, rule_id: str, alert_id: str, *, at: datetime, actor: str | None, space: str = DEFAULT_SPACE
    ) -> StoredRule:
        """Unmute one alert; one that is not muted, or unknown, is no error. Raises NotFound (rule) or Conflict."""
        change = partial(muting.unmuted_alert, alert_id=alert_id, at=at, actor=actor)
        return await self._silence("unmute_alert", RuleKey(space, rule_id), change, at, actor, alert_id=alert_id)

    async def snooze(
        self, rule_id: str, body: JsonValue, *, at: datetime, actor: str | None, space: str = DEFAULT_SPACE
    ) -> StoredRule:
        """Snooze a rule by a snooze in its stored form. Raises InvalidInput, NotFound or Conflict."""
        snooze = snoozing.read_snooze(body, at)
        change = partial(snoozing.snoozed, snooze=snooze)
        return await self._silence("snooze", RuleKey(space, rule_id), change, at, actor, **snooze)

    async def add_snooze_schedule(
        self, rule_id: str, body: JsonValue, *, at: datetime, actor: str | None, space: str = DEFAULT_SPACE
    ) -> JsonObject:
        """Snooze a rule by the public form (4.6); the answer. Raises InvalidInput, NotFound or Conflict."""
        snooze, answer = snoozing.read_snooze_schedule(body, self._new_id(), at)
        change = partial(snoozing.snoozed, snooze=snooze)
        await self._silence("snooze", RuleKey(space, rule_id), change, at, actor, **snooze)
        return answer

    async def unsnooze(
        self,
        rule_id: str,
        schedule_ids: Collection[str] | None = None,
        *,
        at: datetime,
        actor: str | None,
        space: str = DEFAULT_SPACE,
    ) -> StoredRule:
        """Remove the snoozes of these ids; None: end what silences the rule now. Raises NotFound or Conflict."""
        change = partial(snoozing.unsnoozed, ids=schedule_ids, at=at)
        details = {} if schedule_ids is None else {"schedule_ids": sorted(schedule_ids)}
        return await self._silence("unsnooze", RuleKey(space, rule_id), change, at, actor, **details)

    async def delete_snooze_schedule(
        self, rule_id: str, schedule_id: str, *, at: datetime, actor: str | None, space: str = DEFAULT_SPACE
    ) -> StoredRule:
        """Remove one scheduled snooze (4.6). Raises InvalidInput if there is none at all, NotFound or Conflict."""
        change = partial(snoozing.without_schedule, snooze_id=schedule_id)
        return await self._silence("unsnooze", RuleKey(space, rule_id), change, at, actor, schedule_ids=[schedule_id])

    async def untrack_alerts(
        self,
        rule_id: str,
        alert_ids: Collection[str],
        *,
        at: datetime,
        actor: str | None,
        space: str = DEFAULT_SPACE,
    ) -> StoredRule:
        """Let chosen active alerts go; ids of others have no effect. Raises NotFound or Conflict."""

        async def decide(stored: StoredRule) -> RuleChange | None:
            rule = stored.rule
            identity = identity_of(rule, self._registry.rule_type(rule.rule_type_id))
            change = lifecycle.untracking(stored, await self._access.state(_key(rule)), alert_ids, identity, at)
            audit = _audit("untrack_alerts", rule, at, actor, alert_ids=sorted(alert_ids))
            return change and replace(change, audit=audit)

        return await self._access.change(RuleKey(space, rule_id), decide, "untrack_alerts")

    async def apply(
        self,
        body: JsonValue,
        *,
        rule_id: str,
        at: datetime,
        actor: str | None,
        space: str = DEFAULT_SPACE,
        in_bulk: bool = True,
        keeps_switch: bool = False,
    ) -> Applied:
        """Make the rule what its file says: create it, or change what differs (DECISIONS 3).

        The file is the whole definition: absent members are cleared, not kept as PUT does. A difference in ``enabled``
        is an enable or disable, unless ``keeps_switch``. Raises InvalidInput, Forbidden or Conflict.
        """
        parsed = parse_create(body)
        is_updated = False

        async def decide(stored: StoredRule) -> RuleChange | None:
            nonlocal is_updated
            parts = await self._admission.admit_redefinition(parsed, stored)
            edited = redefined_rule(stored.rule, parsed, parts, at=at, actor=actor)
            edited = owned(edited, self._authorization.caller)
            is_updated = edited.revision != stored.rule.revision
            return await self._edit(stored, edited, at, actor) if is_updated else None

        try:
            stored = await self._access.change(RuleKey(space, rule_id), decide)
        except NotFound:
            created = await self.create(body, at=at, actor=actor, space=space, rule_id=rule_id, in_bulk=in_bulk)
            return Applied(created, "created")
        if keeps_switch or stored.rule.enabled == parsed.enabled:
            return Applied(stored, "updated" if is_updated else "unchanged")
        if parsed.enabled:
            stored = await self.enable(rule_id, at=at, actor=actor, space=space, in_bulk=in_bulk)
        else:
            stored = await self.disable(rule_id, at=at, actor=actor, space=space)
        switched: AppliedAs = "enabled" if parsed.enabled else "disabled"
        return Applied(stored, "updated" if is_updated else switched)

    async def plan(
        self, body: JsonValue, *, rule_id: str, at: datetime, space: str = DEFAULT_SPACE, keeps_switch: bool = False
    ) -> Planned:
        """What `apply` of the same would do; nothing is stored. Raises InvalidInput or Forbidden, as it would."""
        return await plan_rule(self._admission, RuleKey(space, rule_id), body, at=at, keeps_switch=keeps_switch)

    def _check_with_actions(self, operation: str, rule: Rule) -> None:
        self._authorization.check(operation, rule)
        if rule.actions:
            self._authorization.check_connectors(rule.space)

    async def _edit(self, stored: StoredRule, edited: Rule, at: datetime, actor: str | None) -> RuleChange:
        """The change that stores an edit, moves the next run, and drops a rule type state that no longer fits."""
        change = RuleChange(edited, stored.version, audit=_audit("update", edited, at, actor, revision=edited.revision))
        if edited.enabled and edited.interval != stored.rule.interval:
            schedule = rescheduled_for_interval(
                stored.schedule,
                old_interval=parse_duration(stored.rule.interval),
                new_interval=parse_duration(edited.interval),
                now=at,
                is_running=stored.status.running,
            )
            change = replace(change, schedule=schedule)
        if is_same_json(stored.rule.params, edited.params):
            return change
        rule_type = find_rule_type(edited.rule_type_id, self._registry)
        change = replace(change, references=references_of(rule_type, edited.params))
        if rule_type.keeps_state(stored.rule.params, edited.params):
            return change
        state = await self._access.state(_key(edited))
        # Written even if it was empty: a run under way would store the state of the old params otherwise.
        return replace(change, state=replace(state.state, type_state={}), expected_state_version=state.version)

    async def _silence(
        self,
        operation: str,
        key: RuleKey,
        change: Callable[[Rule], Rule | None],
        at: datetime,
        actor: str | None,
        **details: JsonValue,
    ) -> StoredRule:
        """Change what keeps the rule's actions silent; None, or the rule as it is: nothing is to be written."""

        async def decide(stored: StoredRule) -> RuleChange | None:
            rule = change(stored.rule)
            if rule is None or rule == stored.rule:
                return None
            rule = replace(rule, updated_at=at, updated_by=actor)
            return RuleChange(rule, stored.version, audit=_audit(operation, rule, at, actor, **details))

        return await self._access.change(key, decide, operation)


def _key(rule: Rule) -> RuleKey:
    return RuleKey(rule.space, rule.id)


def _audit(operation: str, rule: Rule, at: datetime, actor: str | None, **details: JsonValue) -> AuditEntry:
    shown: JsonObject = {"name": rule.name, **details}
    return AuditEntry(at, actor, operation, "rule", rule.id, rule.space, shown)
