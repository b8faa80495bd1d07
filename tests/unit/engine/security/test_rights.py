"""What roles come to: which rules, features and cluster privileges they grant where."""

import pytest

from engine.model.errors import Forbidden
from engine.model.role import Role, SpacePrivileges
from engine.security.caller import ANYBODY, NOBODY, Caller, ClusterNeed, Need
from engine.security.features import Level, features_of_cases
from engine.security.rights import EVERY_RIGHT, Rights, rights_of

STACK = "stackAlerts"


def granted(*entries: SpacePrivileges) -> Rights:
    return rights_of([Role("role", entries)])


def feature(name: str, *privileges: str, spaces: tuple[str, ...] = ("*",)) -> SpacePrivileges:
    return SpacePrivileges(spaces, feature={name: privileges})


@pytest.mark.parametrize(
    ("privileges", "level"),
    [
        (("all",), "all"),
        (("read",), "read"),
        (("minimal_all",), "all"),
        (("minimal_read",), "read"),
        (("read", "all"), "all"),
        (("some_sub_feature",), None),
        ((), None),
    ],
)
def test_privileges_of_a_feature_are_a_level(privileges: tuple[str, ...], level: Level | None) -> None:
    assert granted(feature(STACK, *privileges)).level("default", STACK) == level


def test_a_base_privilege_is_that_level_of_every_feature_in_its_spaces() -> None:
    rights = granted(SpacePrivileges(("a",), base=("all",)), SpacePrivileges(("*",), base=("read",)))
    assert [rights.level(space, name) for space in ("a", "b") for name in (STACK, "whatever")] == [
        "all",
        "all",
        "read",
        "read",
    ]


def test_roles_add_up() -> None:
    rights = rights_of([Role("one", (feature(STACK, "read"),)), Role("two", (feature("logs", "all"),))])
    assert (rights.level("x", STACK), rights.level("x", "logs"), rights.level("x", "apm")) == ("read", "all", None)


@pytest.mark.parametrize(
    ("granting", "rule_type_id", "producer", "consumer", "is_allowed"),
    [
        (STACK, ".index-threshold", STACK, "stackAlerts", True),
        (STACK, ".index-threshold", STACK, "alerts", True),
        (STACK, ".geo-containment", STACK, "alerts", True),
        (STACK, ".index-threshold", STACK, "discover", False),
        (STACK, ".es-query", STACK, "discover", True),
        (STACK, ".es-query", STACK, "logs", False),
        ("logs", ".es-query", STACK, "logs", True),
        ("infrastructure", ".es-query", STACK, "infrastructure", True),
        ("observability", ".es-query", STACK, "observability", True),
        ("logs", ".index-threshold", STACK, "logs", False),
        ("logs", ".es-query", STACK, "alerts", False),
        ("apm", ".es-query", STACK, "apm", False),
        ("siem", ".es-query", STACK, "siem", False),
        ("our-team", ".index-threshold", STACK, "our-team", True),
        ("apm", "apm.latency", "apm", "apm", True),
        ("apm", "apm.latency", "apm", "alerts", True),
        (STACK, "apm.latency", "apm", "alerts", False),
        ("siem", "siem.query", "siem", "securitySolution", True),
    ],
)
def test_a_feature_stands_for_rules_of_certain_types_and_consumers(
    granting: str, rule_type_id: str, producer: str, consumer: str, is_allowed: bool
) -> None:
    rights = granted(feature(granting, "all"))
    assert rights.may_rule("default", rule_type_id, producer, consumer, "all") is is_allowed


def test_reading_is_not_changing() -> None:
    rights = granted(feature(STACK, "read"))
    rule = ("default", ".es-query", STACK, "alerts")
    assert rights.may_rule(*rule, "read")
    assert not rights.may_rule(*rule, "all")


def test_a_superuser_may_have_rules_that_no_feature_stands_for() -> None:
    assert EVERY_RIGHT.may_rule("any", ".index-threshold", STACK, "apm", "all")
    assert EVERY_RIGHT.may_cluster(["manage_security"])


def test_only_the_built_in_superuser_is_one() -> None:
    assert rights_of([Role("superuser", is_reserved=True)]).is_superuser
    assert not rights_of([Role("superuser")]).is_superuser


def test_cases_of_an_owner_have_a_feature_in_several_spellings() -> None:
    assert features_of_cases("observability") == (
        "observabilityCases",
        "observabilityCasesV2",
        "observabilityCasesV3",
    )
    assert features_of_cases("nobody") == ()


@pytest.mark.parametrize(
    ("need", "caller", "is_allowed"),
    [
        (Need("actions", "all"), ANYBODY, True),
        (Need("actions", "read"), NOBODY, False),
        (Need("actions", "all"), Caller("ann", granted(feature("actions", "read"))), False),
        (Need("actions", "execute"), Caller("ann", granted(feature("actions", "read"))), True),
        (Need("actions", "all"), Caller("ann", granted(feature("actions", "all", spaces=("other",)))), False),
        (ClusterNeed(("manage_security", "all")), Caller("ann", Rights(cluster=frozenset({"all"}))), True),
        (ClusterNeed(("manage_security", "all")), Caller("ann", Rights(cluster=frozenset({"monitor"}))), False),
    ],
)
def test_a_need_is_met_or_refused(need: Need | ClusterNeed, caller: Caller, is_allowed: bool) -> None:
    if is_allowed:
        need.check(caller, "default")
    else:
        with pytest.raises(Forbidden, match="needs a role with"):
            need.check(caller, "default")
