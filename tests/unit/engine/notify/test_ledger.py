"""Equal decisions share one entry of the ledger."""

from engine.model.notification import LedgerEntry
from engine.notify.decide import decide
from engine.notify.ledger import LedgerDraft
from engine.notify.reasons import Reason


def test_equal_reasons_of_one_action_share_an_entry():
    draft = LedgerDraft()
    for action, reason, alert_id in [
        ("u1", Reason("muted"), "a"),
        ("u2", Reason("muted"), "a"),
        ("u1", Reason("delayed", (("matches", 1),)), "b"),
        ("u1", Reason("muted"), "c"),
        ("u1", Reason("delayed", (("matches", 2),)), "d"),
        ("u1", Reason("delayed", (("matches", 1),)), "e"),
    ]:
        draft.of_action(action)[reason].append(alert_id)
    assert draft.entries() == [
        LedgerEntry("u1", "muted", ("a", "c"), {}),
        LedgerEntry("u1", "delayed", ("b", "e"), {"matches": 1}),
        LedgerEntry("u1", "delayed", ("d",), {"matches": 2}),
        LedgerEntry("u2", "muted", ("a",), {}),
    ]


def test_an_action_without_decisions_leaves_no_entry():
    draft = LedgerDraft()
    draft.of_action("u1")
    assert draft.entries() == []


def test_a_thousand_alerts_kept_back_alike_are_one_entry(situation_of, action_of, alert_of):
    ids = tuple(f"host-{number}" for number in range(1000))
    situation = situation_of([action_of()], [alert_of(each) for each in ids], rule={"muted_alert_ids": ids})
    assert decide(situation).ledger == (LedgerEntry("u1", "muted", ids, {}),)


def test_active_and_recovered_alerts_share_an_entry(situation_of, action_of, alert_of):
    situation = situation_of(
        [action_of(group="recovered")], [alert_of("a")], [alert_of("b")], rule={"muted_alert_ids": ("a", "b")}
    )
    assert decide(situation).ledger == (LedgerEntry("u1", "muted", ("a", "b"), {}),)
