"""Every operation that changes something leaves an audit entry: who did what, to which object, when."""

import inspect
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from engine.model.alert import Alert
from engine.model.instant import iso
from engine.operations import settings
from engine.operations.bulk_form import Edit
from engine.operations.data_views import DataViewOperations
from engine.operations.field_lists import FieldLists
from engine.operations.rules import Rules
from engine.operations.runtime_fields import RuntimeFields
from engine.operations.windows import MaintenanceWindows
from engine.ports.store import RuleChange
from engine.search.recording import CannedAnswer, RecordingSearch

AUDITED_ELSEWHERE = {
    "Rules.apply",
    "MaintenanceWindows.apply",
    "MaintenanceWindows.create_stored",
    "DataViewOperations.apply",
    "DataViewOperations.change",
}
"""They are creating and updating, tried below, for files and in an older form; the last is what updating
is made of."""


def changing_operations() -> set[str]:
    """The operations that take the name of who acts: exactly those that change something."""
    functions = {
        f"{owner.__name__}.{name}": function
        for owner in (Rules, MaintenanceWindows, DataViewOperations, RuntimeFields)
        for name, function in vars(owner).items()
        if inspect.iscoroutinefunction(function) and not name.startswith("_")
    }
    functions |= {name: each for name, each in vars(settings).items() if inspect.iscoroutinefunction(each)}
    return {name for name, function in functions.items() if "actor" in inspect.signature(function).parameters}


async def test_each_change_is_recorded_once_with_who_made_it(world: Any, body: Any, action: Any, now: datetime) -> None:
    store, rules = world.store, world.rules
    windows, views = MaintenanceWindows(store, lambda: "w"), DataViewOperations(store, lambda: "v")
    search = RecordingSearch(field_caps=[CannedAnswer({"indices": []})])
    runtime = RuntimeFields(views, FieldLists(search, lambda: 0.0))
    field = {"name": "hour", "runtimeField": {"type": "long"}}
    custom = {"start": iso(now), "duration": "1h", "recurring": {"every": "1d"}}
    window = {"title": "w", "schedule": {"custom": custom}}
    snooze = {"id": "s", "duration": 1000, "rRule": {"dtstart": iso(now), "tzid": "UTC"}}
    by = {"at": now + timedelta(minutes=1), "actor": "ann"}
    tried: list[str] = []

    async def try_each(kind: str, object_id: str, owner: str, *steps: tuple[str, Callable[[], Any]]) -> None:
        for name, step in steps:
            before = len(await store.audit("default"))
            await step()
            added = (await store.audit("default"))[before:]
            said = [(entry.at, entry.actor, entry.object_kind, entry.object_id, entry.space) for entry in added]
            assert said == [(by["at"], "ann", kind, object_id, "default")], name
            tried.append(f"{owner}{name}")

    edit = {"name": "other", "schedule": {"interval": "1m"}, "params": {"level": 5}}
    await try_each(
        *("rule", "r", "Rules."),
        ("create", lambda: rules.create(body(actions=[action()]), rule_id="r", **by)),
        ("update", lambda: rules.update("r", edit, **by)),
        ("edit", lambda: rules.edit("r", [Edit("tags", "add", ["new"])], **by)),
        ("update_api_key", lambda: rules.update_api_key("r", **by)),
        ("mute_alert", lambda: rules.mute_alert("r", "a", validate_existence=False, **by)),
        ("unmute_alert", lambda: rules.unmute_alert("r", "a", **by)),
        ("mute_all", lambda: rules.mute_all("r", **by)),
        ("unmute_all", lambda: rules.unmute_all("r", **by)),
        ("snooze", lambda: rules.snooze("r", snooze, **by)),
        ("delete_snooze_schedule", lambda: rules.delete_snooze_schedule("r", "s", **by)),
        ("add_snooze_schedule", lambda: rules.add_snooze_schedule("r", {"schedule": {"custom": custom}}, **by)),
        ("unsnooze", lambda: rules.unsnooze("r", **by)),
    )
    await world.run("r", Alert("a", "uuid", "high", now, now), at=now)
    await try_each(
        *("rule", "r", "Rules."),
        ("untrack_alerts", lambda: rules.untrack_alerts("r", ["a"], **by)),
        ("disable", lambda: rules.disable("r", **by)),
        ("enable", lambda: rules.enable("r", **by)),
    )
    stored = await rules.get("r")
    gone = replace(stored.schedule, next_run=None)
    assert await store.change_rule(RuleChange(stored.rule, stored.version, schedule=gone))
    await try_each(
        *("rule", "r", "Rules."),
        ("enable", lambda: rules.enable("r", **by)),
        ("delete", lambda: rules.delete("r", **by)),
    )
    await try_each(
        *("maintenance_window", "w", "MaintenanceWindows."),
        ("create", lambda: windows.create(window, **by)),
        ("update", lambda: windows.update("w", {"title": "other"}, **by)),
        ("update_stored", lambda: windows.update_stored("w", {"title": "more"}, **by)),
        ("finish", lambda: windows.finish("w", **by)),
        ("archive", lambda: windows.archive("w", **by)),
        ("unarchive", lambda: windows.unarchive("w", **by)),
        ("delete", lambda: windows.delete("w", **by)),
    )
    await try_each(
        *("data_view", "v", "DataViewOperations."),
        ("create", lambda: views.create({"data_view": {"title": "logs"}}, **by)),
        ("update", lambda: views.update("v", {"data_view": {"title": "others"}}, **by)),
        ("describe_fields", lambda: views.describe_fields("v", {"fields": {"f": {"count": 1}}}, **by)),
        ("set_default", lambda: views.set_default({"data_view_id": "v"}, **by)),
    )
    await try_each(
        *("data_view", "v", "RuntimeFields."),
        ("create", lambda: runtime.create("v", field, **by)),
        ("update", lambda: runtime.update("v", "hour", {"runtimeField": {"type": "ip"}}, **by)),
        ("put", lambda: runtime.put("v", field, **by)),
        ("delete", lambda: runtime.delete("v", "hour", **by)),
    )
    await try_each(
        *("data_view", "v", "DataViewOperations."),
        ("delete", lambda: views.delete("v", **by)),
    )
    flapping = {"enabled": True, "look_back_window": 10, "status_change_threshold": 3}
    await try_each(
        *("settings", "flapping", ""),
        ("put_flapping", lambda: settings.put_flapping(store, "default", flapping, **by)),
    )
    await try_each(
        *("settings", "query_delay", ""),
        ("put_query_delay", lambda: settings.put_query_delay(store, "default", {"delay": 5}, **by)),
    )
    assert set(tried) | AUDITED_ELSEWHERE == changing_operations()
