"""Cases of geo_containment: validation, single steps, and whole runs through the library's engine."""

import asyncio
from typing import Any

from engine.model.errors import InvalidInput
from engine.model.instant import parse_iso
from engine.model.jsonvalue import JsonObject
from engine.model.settings import EngineSettings
from engine.operations.rule_types import rule_type_to_json
from engine.ports.rule_type import RecoveryCandidate
from rule_types.builtin import builtin_rule_types
from rule_types.geo_containment.locations import Movement, locations_from_state, locations_to_state, read_locations
from rule_types.geo_containment.references import extract_references, inject_references
from rule_types.geo_containment.said import Said
from tests.cases.adapters.geo_runs import check_executor, check_runs, check_searches
from tests.cases.matching import assert_absent, assert_equal, assert_set, assert_subset, require_known

Case = dict[str, Any]

_TYPE_ID = ".geo-containment"
_CREATED = 200
_STORED, _PUBLIC = ("stored_params", "stored_params_lacks"), ("public_params", "public_params_lacks")


def run_case(case: Case) -> None:
    """Run one case; AssertionError says what differs."""
    given, expect = case["given"], case["expect"]
    if "create_rule" in given:
        _check_create(given, expect)
    elif "get_rule_type" in given:
        _check_rule_type(given, expect)
    elif "runs" in given:
        asyncio.run(check_runs(given, expect))
    elif "record" in given or "recovered_alert_id" in given:
        _check_context(given, expect)
    elif "locations" in expect:
        _check_locations(given, expect)
    elif "boundaries" in given or "entity_response" in given:
        asyncio.run(check_executor(given, expect))
    elif "params" in given:
        asyncio.run(check_searches(given, expect))
    else:
        raise AssertionError(f"unknown shape: {sorted(given)}")


def _check_create(given: Case, expect: Case) -> None:
    require_known(given, {"create_rule"}, "given")
    require_known(expect, {"status", "references", *_STORED, *_PUBLIC}, "expect")
    body = given["create_rule"]
    require_known(body, {"rule_type_id", "params"}, "create_rule")
    [rule_type] = [each for each in builtin_rule_types() if each.id == body["rule_type_id"]]
    try:
        params = rule_type.validate(body["params"])
    except InvalidInput as error:
        assert_equal(error.http_status, expect["status"], f"status ({error})")
        return
    assert_equal(_CREATED, expect["status"], "status")
    stored, references = extract_references(params)
    if "references" in expect:
        assert_set(references, expect["references"], "references")
    public = inject_references(stored, references)
    for found, names in ((stored, _STORED), (public, _PUBLIC)):
        for name in names:
            if name.endswith("lacks"):
                assert_absent(found, expect.get(name, ()), name)
            else:
                assert_subset(found, expect.get(name, {}), name)


def _check_rule_type(given: Case, expect: Case) -> None:
    require_known(given, {"get_rule_type"}, "given")
    [rule_type] = [each for each in builtin_rule_types() if each.id == _TYPE_ID]
    shown = {**rule_type_to_json(rule_type, EngineSettings(), {}), "solution": rule_type.solution}
    wanted = expect.get("rule_type", expect)
    # Groups may be listed without the one of recovery, which the API puts last.
    if len(wanted.get("action_groups", ())) == len(rule_type.action_groups):
        shown["action_groups"] = shown["action_groups"][:-1]
    assert_subset(shown, wanted, "rule type")


def _check_locations(given: Case, expect: Case) -> None:
    require_known(given, {"entity_response", "dateField", "geoField"}, "given")
    require_known(expect, {"locations"}, "expect")
    found = read_locations(given["entity_response"], date_field=given["dateField"], geo_field=given["geoField"])
    assert_equal(locations_to_state(found), expect["locations"], "locations")


def _check_context(given: Case, expect: Case) -> None:
    require_known(expect, {"context"}, "expect")
    wanted = expect["context"]
    found = _contained(given) if "record" in given else _recovered(given)
    if wanted is None:
        assert found == {}, f"context: expected none, found {found}"
    else:
        assert_equal(found, wanted, "context")


def _contained(given: Case) -> JsonObject:
    require_known(given, {"entity", "names", "record", "started_at"}, "given")
    entity = given["entity"]
    [location] = locations_from_state({entity: [given["record"]]})[entity]
    return Said(given.get("names", {}), parse_iso(given["started_at"])).report(entity, location).context


def _recovered(given: Case) -> JsonObject:
    require_known(given, {"recovered_alert_id", "active", "inactive", "names", "started_at", "alert_state"}, "given")
    active, inactive = (locations_from_state(given.get(name)) for name in ("active", "inactive"))
    candidate = RecoveryCandidate(given["recovered_alert_id"], "its uuid", {}, given.get("alert_state", {}))
    said = Said({}, parse_iso(given["started_at"]))
    return said.recovery(candidate, Movement({}, active, inactive)).context
