"""Clients that let rules live over HTTP, two of them at once on each rule, and compare what they are told.

Nothing that a client was told was done may be missing afterwards: each accepted edit has a revision of its own, each
muted alert and each snooze is there, whatever the other client and the rule's runs did meanwhile.
"""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import aiohttp

_MOST_TRIES = 20
_PATIENCE_S = 120.0
_LOOK_AGAIN_S = 0.2
_SNOOZE = {"schedule": {"custom": {"start": "2030-01-01T00:00:00.000Z", "duration": "1h"}}}
_RULES = "/api/alerting/rule"

Json = dict[str, Any]


@dataclass
class Lived:
    """What the clients saw: how long each kind of operation took, each answer, and everything that was wrong.

    ``stages``: how many requests each stage of the lives made, and in how many seconds.
    """

    times_s: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    wrongs: list[str] = field(default_factory=list)
    stages: dict[str, tuple[int, float]] = field(default_factory=dict)

    def expect(self, is_so: bool, what: str) -> None:
        if not is_so:
            self.wrongs.append(what)


@dataclass
class Client:
    """One of the clients, with a connection of its own: it asks for one thing at a time."""

    name: str
    session: aiohttp.ClientSession
    lived: Lived
    pause_s: float
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def ask(self, operation: str, method: str, path: str, *wanted: int, body: object = None) -> tuple[int, Any]:
        """The status and the JSON of an answer; one that is not wanted is noted."""
        async with self.turn:
            started = time.perf_counter()
            async with self.session.request(method, path, json=body) as answer:
                told = await answer.json() if answer.status != HTTPStatus.NO_CONTENT else None
            self.lived.times_s[operation].append(time.perf_counter() - started)
        self.lived.answers[operation, answer.status] += 1
        self.lived.expect(answer.status in wanted, f"{operation} {path}: {answer.status} {told}")
        await asyncio.sleep(self.pause_s)
        return answer.status, told

    async def change(self, operation: str, method: str, path: str, wanted: int, body: object = None) -> Any:
        """Ask for a change, again and again for as long as others change the same at the same time (409)."""
        for _ in range(_MOST_TRIES):
            status, told = await self.ask(operation, method, path, wanted, HTTPStatus.CONFLICT, body=body)
            if status != HTTPStatus.CONFLICT:
                return told
        self.lived.expect(False, f"{operation} {path}: others were faster {_MOST_TRIES} times")
        return None


@dataclass
class Life:
    """A rule, and what its clients were told of it. ``tags``: the revision of each accepted edit -> its tags."""

    id: str
    body: Json
    edits: int
    tags: dict[int, list[str]] = field(default_factory=dict)
    muted: set[str] = field(default_factory=set)
    snoozes: set[str] = field(default_factory=set)
    last_edit: str = ""

    @property
    def path(self) -> str:
        return f"{_RULES}/{self.id}"


async def live(
    url: str, bodies: Mapping[str, Json], *, clients: int = 20, edits: int = 1, pause_s: float = 0.0
) -> Lived:
    """Create rules of these bodies by id, change them while they run, look at what came of it, delete them.

    The rules must find something at each run, always the same. ``clients``: an even number. ``edits``: how many a
    client makes in a row. ``pause_s``: how long a client waits after each answer.
    """
    lived = Lived()
    lives = [Life(rule_id, body, edits) for rule_id, body in bodies.items()]
    async with AsyncExitStack() as exits:
        sessions = [await exits.enter_async_context(_session(url)) for _ in range(clients)]
        team = [Client(f"c{at}", session, lived, pause_s) for at, session in enumerate(sessions)]
        pairs = list(zip(team[::2], team[1::2], strict=True))
        for name, stage in (("create", _create), ("use", _use), ("look", _look), ("end", _end)):
            asked, began = lived.answers.total(), time.perf_counter()
            await _share(pairs, lives, stage)
            lived.stages[name] = lived.answers.total() - asked, time.perf_counter() - began
    return lived


def _session(url: str) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(url, headers={"kbn-xsrf": "true"}, connector=aiohttp.TCPConnector(limit=1))


Stage = Callable[[Client, Client, Life], Awaitable[None]]


async def _share(pairs: Iterable[tuple[Client, Client]], lives: Iterable[Life], stage: Stage) -> None:
    """Bring all rules through a stage, each pair taking the next one."""
    waiting = iter(lives)

    async def work(one: Client, other: Client) -> None:
        for life in waiting:
            await stage(one, other, life)

    await asyncio.gather(*(work(*pair) for pair in pairs))


async def _create(one: Client, other: Client, life: Life) -> None:
    """Both try with the same id: one of them makes the rule, and the other is told that it is there."""
    answers = await asyncio.gather(
        *(client.ask("create", "POST", life.path, 200, 409, body=life.body) for client in (one, other))
    )
    one.lived.expect(sorted(status for status, _ in answers) == [200, 409], f"{life.id} was created by both or none")


async def _use(one: Client, other: Client, life: Life) -> None:
    await asyncio.gather(_edit(one, life), _edit(other, life))
    await asyncio.gather(_find(one, life), other.ask("get", "GET", life.path, 200))
    await one.change("disable", "POST", f"{life.path}/_disable", 204)
    _, rule = await other.ask("get", "GET", life.path, 200)
    one.lived.expect(rule["enabled"] is False and rule["next_run"] is None, f"{life.id} is not disabled")
    await asyncio.gather(_edit(one, life), other.change("enable", "POST", f"{life.path}/_enable", 204))


async def _edit(client: Client, life: Life) -> None:
    """Change the rule, mute alerts of it, and snooze it."""
    changeable = {name: life.body[name] for name in ("name", "schedule", "params")}
    for _ in range(life.edits):
        mark = f"{client.name}-{sum(client.lived.answers.values())}"
        tags = [life.id, mark]
        rule = await client.change("update", "PUT", life.path, 200, {**changeable, "tags": tags})
        client.lived.expect(rule["revision"] not in life.tags, f"{life.id} has revision {rule['revision']} twice")
        client.lived.expect(rule["tags"] == tags, f"{life.id} was not told its own edit")
        life.tags[rule["revision"]] = tags
        life.last_edit = max(life.last_edit, rule["updated_at"])
        mute = f"{life.path}/alert/{mark}/_mute?validate_alerts_existence=false"
        await client.change("mute", "POST", mute, 204)
        life.muted.add(mark)
    told = await client.change("snooze", "POST", f"{life.path}/snooze_schedule", 200, _SNOOZE)
    life.snoozes.add(told["schedule"]["id"])


async def _find(client: Client, life: Life) -> None:
    query = f"?filter=alert.attributes.tags:{life.id}&sort_field=updatedAt&per_page=5"
    _, told = await client.ask("find", "GET", f"/api/alerting/rules/_find{query}", 200)
    client.lived.expect([rule["id"] for rule in told["data"]] == [life.id], f"{life.id} is not found by its tag")


async def _look(one: Client, other: Client, life: Life) -> None:
    """Once it has run after its last edit, all of them are there, and the run found what those before it found."""
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        _, rule = await one.ask("get", "GET", life.path, 200)
        if (rule["execution_status"]["last_execution_date"] > life.last_edit and rule.get("last_run")) or (
            time.monotonic() > deadline
        ):
            break
        await asyncio.sleep(_LOOK_AGAIN_S)
    latest = max(life.tags)
    told = {
        "revisions": sorted(life.tags),
        "revision": latest,
        "tags": life.tags[latest],
        "muted": life.muted,
        "snoozes": life.snoozes,
        "status": "active",
        "alerts": {"active": 1, "new": 0, "recovered": 0, "ignored": 0},
    }
    counts = (rule.get("last_run") or {}).get("alerts_count")
    seen = {
        "revisions": list(range(1, rule["revision"] + 1)),
        "revision": rule["revision"],
        "tags": rule["tags"],
        "muted": set(rule["muted_alert_ids"]),
        "snoozes": {snooze["id"] for snooze in rule.get("snooze_schedule", ())},
        "status": rule["execution_status"]["status"],
        "alerts": counts,
    }
    one.lived.expect(told == seen, f"{life.id}: told {told}, but it is {seen}")


async def _end(one: Client, other: Client, life: Life) -> None:
    await asyncio.gather(
        *(
            client.change("unsnooze", "DELETE", f"{life.path}/snooze_schedule/{snooze}", 204)
            for client, snooze in zip((one, other, one, other), sorted(life.snoozes), strict=False)
        ),
        one.change("mute all", "POST", f"{life.path}/_mute_all", 204),
    )
    await other.change("unmute all", "POST", f"{life.path}/_unmute_all", 204)
    _, rule = await one.ask("get", "GET", life.path, 200)
    is_quiet = rule["mute_all"] or rule["muted_alert_ids"] or "snooze_schedule" in rule
    one.lived.expect(not is_quiet, f"{life.id} is still silenced: {rule}")
    await one.ask("delete", "DELETE", life.path, 204)
    await other.ask("get deleted", "GET", life.path, 404)
