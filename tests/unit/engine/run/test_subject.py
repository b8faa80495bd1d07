"""A rule as its runs and events see it."""

from engine.model.trace import RuleIdentity
from engine.run.subject import identity_of, subject_of


def test_identity(make_rule, make_rule_type):
    subject = subject_of(make_rule(space="ops"), make_rule_type())
    assert subject.identity == RuleIdentity(
        "rule-1", "ops", "My rule", "test.type", "alerts", "stackAlerts", "management", 4, None
    )


def test_identity_of_a_rule_whose_type_is_unknown(make_rule):
    assert identity_of(make_rule(), None) == RuleIdentity(
        "rule-1", "default", "My rule", "test.type", "alerts", None, None, 4, None
    )


def test_a_type_may_name_a_licence(make_rule, make_rule_type):
    rule_type = make_rule_type()
    rule_type.minimum_license = "gold"
    assert identity_of(make_rule(), rule_type).license == "gold"
