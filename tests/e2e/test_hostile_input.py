"""Hostile files and texts, through the program: bounded, counted and named; nothing crashes, nothing good is lost."""

import json
import math
from pathlib import Path

import pytest

AT = ("--at", "2026-01-15T10:05:00Z")
DEPTH = 10_000

RULE = """\
id: r
name: Requests
rule_type_id: .index-threshold
consumer: alerts
schedule: {interval: 1m}
params: {index: [web], timeField: "@timestamp", timeWindowSize: 5, timeWindowUnit: m, groupBy: top, termSize: 5,
         termField: host.keyword, threshold: [1], thresholdComparator: ">="}
actions:
  - {uuid: tell, id: log, group: threshold met, frequency: {summary: false, notify_when: onActiveAlert},
     params: {message: "MESSAGE"}}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Path:
    """A folder with a valid rule that groups by host, and settings."""
    (tmp_path / "rule.yml").write_text(RULE.replace("MESSAGE", "{{alert.id}}"))
    (tmp_path / "tocsin.yml").write_text("connectors: {log: {name: log, connector_type_id: .server-log}}\n")
    return tmp_path


def document(host: str) -> bytes:
    return json.dumps({"@timestamp": "2026-01-15T10:04:00Z", "host": host}).encode()


def alert_ids(done) -> list[str]:
    return sorted(alert["id"] for alert in json.loads(done.stdout)["rules"][0]["alerts"])


def _laughs(levels: int = 12) -> bytes:
    lines = ["a0: &a0 [ha, ha, ha, ha, ha, ha, ha, ha, ha, ha]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, levels)]
    return "\n".join(lines).encode()


HOSTILE_FILES = {
    "deep.json": (
        b"[" * DEPTH + b"]" * DEPTH,
        "deep.json:1:101: is nested more than 100 levels deep (make the structure flatter)",
    ),
    "deep.yml": (
        b"[" * DEPTH + b"]" * DEPTH,
        "deep.yml:1:101: is nested more than 100 levels deep (make the structure flatter)",
    ),
    "large.yml": (b"name: r\n" + b"#" * (5 * 1024 * 1024), "large.yml:1:1: is larger than 5 MB (split it"),
    "latin.yml": (b"id: r\nname: caf\xe9\n", "latin.yml:2:10: is not valid UTF-8 (save the file as UTF-8)"),
    "latin.json": (b'{"id": "r",\n "name": "caf\xe9"}', "latin.json:2:14: is not valid UTF-8 (save the file as UTF-8)"),
    "laughs.yml": (_laughs(), "laughs.yml:"),
    "control.yml": (b"name: r\x1b[2J\n", "control.yml:1:8: character U+001B is not allowed (remove it)"),
    "escape.json": (b'{"name": "\\u001b[2J", "\\u001b]0;x\\u0007": 1}', "escape.json:1:"),
}


@pytest.mark.parametrize("name", HOSTILE_FILES)
def test_rule_files(tocsin, folder: Path, name: str) -> None:
    content, said = HOSTILE_FILES[name]
    (folder / name).write_bytes(content)
    done = tocsin("check", name)
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert "\x1b" not in done.stderr
    assert len(done.stderr) < 4000


@pytest.mark.parametrize("name", ["deep.yml", "large.yml", "latin.yml", "laughs.yml", "control.yml"])
def test_settings(tocsin, folder: Path, name: str) -> None:
    content, said = HOSTILE_FILES[name]
    (folder / "tocsin.yml").write_bytes(content)
    done = tocsin("check", "rule.yml")
    assert (done.returncode, done.stdout) == (2, "")
    assert said.replace(name, "tocsin.yml") in done.stderr
    assert len(done.stderr) < 4000


def test_broken_lines_between_good_ones(tocsin, folder: Path) -> None:
    lines = [
        document("a"),
        b"{" + b'"a":{' * DEPTH,
        document("b"),
        b'{"a":' * DEPTH + b"1" + b"}" * DEPTH,
        b'{"host": "caf\xe9"}',
        document("c"),
        b"[1, 2]",
        b'{"host": "d", "@timestamp": "yesterday"}',
        b'{"host": ' + b"9" * (16 * 1024 * 1024 + 100) + b"}",
        document("e"),
        b'{"@timestamp": "2026-01-15T10:04:00Z", "ho',
    ]
    (folder / "web.ndjson").write_bytes(b"\n".join(lines))
    done = tocsin("run", "rule.yml", *AT, "--data", "web=web.ndjson", "-o", "json")
    assert done.returncode == 0, done.stderr
    assert alert_ids(done) == ["a", "b", "c", "e"]
    assert "7 bad documents of index [web] left out, 4 searched; the first 5:" in done.stderr
    assert [f"web.ndjson:{line}: " in done.stderr for line in (2, 4, 5, 7, 8)] == [True] * 5
    assert len(done.stderr) < 4000


def test_ragged_csv_rows(tocsin, folder: Path) -> None:
    rows = ["@timestamp,host", "2026-01-15T10:04:00Z,a", "2026-01-15T10:04:00Z,b,c,d", "2026-01-15T10:04:00Z", "",
            '2026-01-15T10:04:00Z,"e']  # fmt: skip
    (folder / "web.csv").write_text("\n".join(rows))
    done = tocsin("run", "rule.yml", *AT, "--data", "web=web.csv", "-o", "json")
    assert done.returncode == 0, done.stderr
    assert "a" in alert_ids(done)
    assert "web.csv:3: " in done.stderr


def test_a_template_of_a_megabyte(tocsin, folder: Path) -> None:
    (folder / "rule.yml").write_text(RULE.replace("MESSAGE", "x{{alert.id}}" * 80_000))
    (folder / "web.ndjson").write_bytes(document("a"))
    done = tocsin("run", "rule.yml", *AT, "--data", "web=web.ndjson", "-o", "json")
    assert done.returncode == 0, done.stderr
    [sent] = json.loads(done.stdout)["rules"][0]["notifications"]
    assert sent["params"]["message"] == "xa" * 80_000


def test_alert_ids_that_would_rewrite_the_terminal(tocsin, folder: Path) -> None:
    evil = "\x1b[2Jroot\r\nall is well\x07\u202e\x9b31m[red]"
    (folder / "web.ndjson").write_bytes(document(evil))
    run = ("run", "rule.yml", *AT, "--data", "web=web.ndjson", "--state", "state.db")
    shown = tocsin(*run, "--send", "--log-level", "info")
    told = tocsin("why", "r", evil, "--store", "state.db")
    unknown = tocsin("why", "r", f"{evil}!", "--store", "state.db")
    assert (shown.returncode, told.returncode, unknown.returncode) == (0, 0, 2)
    for text in (shown.stdout, shown.stderr, told.stdout, unknown.stderr):
        assert [character for character in text if not character.isprintable() and character != "\n"] == []
        assert "root" in text
        assert "\nall is well" not in text
    assert "\\x1b[2Jroot\\r\\nall is well\\x07\\u202e\\x9b31m[red]" in shown.stdout
    as_json = tocsin(*run, "--output", "json")
    assert alert_ids(as_json) == [evil]
    assert "\x1b" not in as_json.stdout


def test_a_data_file_that_is_no_text_at_all(tocsin, folder: Path) -> None:
    (folder / "web.ndjson").write_bytes(bytes(range(256)) * 4096)
    done = tocsin("run", "rule.yml", *AT, "--data", "web=web.ndjson")
    assert done.returncode == 0
    assert "bad documents of index [web] left out, 0 searched" in done.stderr
    assert len(done.stderr) < 4000


GEO_RULE = """\
id: g
name: Vans in zones
rule_type_id: .geo-containment
consumer: alerts
schedule: {interval: 1m}
params: {index: vans, indexId: a, geoField: place, entity: van, dateField: "@timestamp", boundaryType: entireIndex,
         boundaryIndexTitle: zones, boundaryIndexId: b, boundaryGeoField: area}
"""
GEO_SETTINGS = """\
data:
  vans: {files: [vans.ndjson], mapping: vans.json}
  zones: {files: [zones.ndjson], mapping: zones.json}
"""


def _square(west: float, south: float, east: float, north: float) -> dict[str, object]:
    corners = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [corners]}


def _circle(points: int, decimals: int = 5) -> dict[str, object]:
    turns = [2 * math.pi * number / points for number in range(points)]
    ring = [[round(50 + 4 * math.cos(turn), decimals), round(5 + 4 * math.sin(turn), decimals)] for turn in turns]
    return {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}


def test_boundaries_that_are_no_good_beside_one_that_is(tocsin, folder: Path) -> None:
    bow_tie = {"type": "Polygon", "coordinates": [[[0, 0], [10, 10], [10, 0], [0, 10], [0, 0]]]}
    areas = [bow_tie, _square(170, -10, -170, 10), _square(170, -10, 190, 10), {"type": "Nope"}, "POLYGON ((0 0, 1", 5,
             {"type": "Polygon", "coordinates": []}, _square(1, 1, 9, 9)]  # fmt: skip
    point = {"@timestamp": "2026-01-15T10:04:30Z", "van": "a", "place": {"lat": 5, "lon": 5}}
    _write_map(folder, areas, point)
    done = tocsin("run", "rule.yml", *AT, "-o", "json")
    assert done.returncode == 0, done.stderr
    assert [each.rpartition("-")[0][:2] for each in alert_ids(done)] == ["a-"]
    assert "bad documents of index [zones] left out, 1 searched" in done.stderr
    assert "Self-intersection" in done.stderr
    assert "split the shape at the date line" in done.stderr
    assert len(done.stderr) < 4000


def test_boundaries_of_very_many_points(tocsin, folder: Path) -> None:
    vans = [{"@timestamp": "2026-01-15T10:04:30Z", "van": f"v{at}", "place": [50.5 + at, 5]} for at in range(8)]
    _write_map(folder, [_circle(150_000), _circle(1_000_000, decimals=1)], *vans)
    done = tocsin("run", "rule.yml", *AT, "-o", "json")
    assert done.returncode == 0, done.stderr
    assert [alert.partition("-")[0] for alert in alert_ids(done)] == ["v0", "v1", "v2", "v3"]
    assert "zones.ndjson:2: field [area]" in done.stderr
    assert "it has more than 200000 positions: simplify it" in done.stderr


def _write_map(folder: Path, areas: list[object], *vans: dict[str, object]) -> None:
    (folder / "rule.yml").write_text(GEO_RULE)
    (folder / "tocsin.yml").write_text(GEO_SETTINGS)
    types = {"place": {"type": "geo_point"}, "van": {"type": "keyword"}, "@timestamp": {"type": "date"}}
    (folder / "vans.json").write_text(json.dumps({"properties": types}))
    (folder / "zones.json").write_text(json.dumps({"properties": {"area": {"type": "geo_shape"}}}))
    (folder / "vans.ndjson").write_text("\n".join(map(json.dumps, vans)))
    (folder / "zones.ndjson").write_text("\n".join(json.dumps({"area": area}) for area in areas))


FILTER = ", alerts_filter: {query: {kql: %s, filters: [{meta: {}, query: %s}]}}}"
HOSTILE_FILTERS = {
    "nested": ("(" * DEPTH + "a: b", {"match_all": {}}, "expected no more than 120 nested parentheses"),
    "negated": ("not " * DEPTH + "a: b", {"match_all": {}}, "is not valid KQL"),
    "pattern": ("kibana.alert.instance.id: *" + "a?" * DEPTH + "b*", {"match_all": {}}, None),
    "alternatives": (" or ".join(f"a{at}: b" for at in range(2000)), {"match_all": {}}, None),
    "regex": ("", {"regexp": {"kibana.alert.instance.id": "(a+)+b"}}, None),
}


@pytest.mark.parametrize("name", HOSTILE_FILTERS)
def test_filters_of_actions(tocsin, folder: Path, name: str) -> None:
    kql, query, said = HOSTILE_FILTERS[name]
    rule = RULE.replace("MESSAGE", "{{alert.id}}").rstrip().removesuffix("}")
    (folder / "rule.yml").write_text(rule + FILTER % (json.dumps(kql), json.dumps(query)))
    (folder / "web.ndjson").write_bytes(document("a" * 250))
    done = tocsin("run", "rule.yml", *AT, "--data", "web=web.ndjson", "-o", "json")
    assert "Traceback" not in done.stderr
    if said is not None:
        assert (done.returncode, done.stdout) == (2, "")
        assert said in done.stderr
        assert len(done.stderr) < 4000
    else:
        [run] = json.loads(done.stdout)["rules"]
        assert (done.returncode, len(run["alerts"]), run["notifications"]) == (0, 1, [])


@pytest.mark.parametrize(("times", "starts"), [(5, ["1000"]), (10, [])], ids=["sent", "too large to be queued"])
def test_a_summary_of_a_thousand_alerts_with_all_their_documents(
    tocsin, folder: Path, times: int, starts: list[str]
) -> None:
    rule = RULE.replace("termSize: 5", "termSize: 1000").replace("summary: false", "summary: true")
    (folder / "rule.yml").write_text(rule.replace("MESSAGE", "{{alerts.new.count}}{{alerts.all.data}}" * times))
    (folder / "web.ndjson").write_bytes(b"\n".join(document(f"host-{at}") for at in range(1000)))
    done = tocsin("run", "rule.yml", *AT, "--data", "web=web.ndjson", "-o", "json")
    assert done.returncode == 0, done.stderr
    sent = json.loads(done.stdout)["rules"][0]["notifications"]
    assert [each["params"]["message"][:4] for each in sent] == starts
