"""Notifications over several runs: the consequences that actions-scheduling.md 2, 4, 5 and 9 name."""

from datetime import timedelta

import pytest

from engine.notify.decide import ConnectorAvailability

ON_CHANGE = {"notify_when": "onActionGroupChange"}
HOURLY = {"notify_when": "onThrottleInterval", "throttle": "1h"}
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def test_an_unchanged_group_notifies_once(story_of, action_of):
    story = story_of(action_of(**ON_CHANGE))
    assert [story.run({"a": "default"}) for _ in range(3)] == [{("u1", "a")}, set(), set()]


def test_with_actions_for_both_groups_each_change_fires(story_of, action_of):
    story = story_of(action_of("u1", "default", **ON_CHANGE), action_of("u2", "other", **ON_CHANGE))
    sent = [story.run({"a": group}) for group in ("default", "other", "default", "default")]
    assert sent == [{("u1", "a")}, {("u2", "a")}, {("u1", "a")}, set()]


def test_with_an_action_for_one_group_only_coming_back_to_it_is_no_change(story_of, action_of):
    story = story_of(action_of("u2", "other", **ON_CHANGE))
    assert [story.run({"a": group}) for group in ("other", "default", "other")] == [{("u2", "a")}, set(), set()]


def test_recovery_forgets_the_group(story_of, action_of):
    story = story_of(action_of(**ON_CHANGE))
    assert [story.run(groups) for groups in ({"a": "default"}, {}, {"a": "default"})] == [
        {("u1", "a")},
        set(),
        {("u1", "a")},
    ]


def test_an_active_alert_action_fires_in_every_run(story_of, action_of):
    story = story_of(action_of(notify_when="onActiveAlert"))
    assert [story.run({"a": "default"}) for _ in range(3)] == [{("u1", "a")}] * 3


def test_without_any_level_the_action_fires_in_every_run(story_of, action_of):
    story = story_of(action_of(notify_when=None))
    assert [story.run({"a": "default"}) for _ in range(2)] == [{("u1", "a")}] * 2


def test_a_recovery_is_told_once(story_of, action_of):
    story = story_of(action_of("u1", "recovered", **ON_CHANGE))
    assert [story.run(groups) for groups in ({"a": "default"}, {}, {})] == [set(), {("u1", "a")}, set()]


@pytest.mark.parametrize(
    ("silence", "end"),
    [
        ({"mute_all": True}, {"mute_all": False}),
        ({"muted_alert_ids": ("a",)}, {"muted_alert_ids": ()}),
    ],
)
def test_an_alert_that_began_in_silence_is_news_when_the_silence_ends(story_of, action_of, silence, end):
    story = story_of(action_of(**ON_CHANGE), **silence)
    during = [story.run({"a": "default"}) for _ in range(2)]
    story.change(**end)
    assert [*during, story.run({"a": "default"}), story.run({"a": "default"})] == [set(), set(), {("u1", "a")}, set()]


@pytest.mark.parametrize("silence", [{"mute_all": True}, {"muted_alert_ids": ("a",)}])
def test_what_recovers_in_silence_is_never_told(story_of, action_of, silence):
    story = story_of(action_of("u1", **ON_CHANGE), action_of("u2", "recovered"), **silence)
    during = [story.run({"a": "default"}), story.run({})]
    story.change(mute_all=False, muted_alert_ids=())
    assert [*during, story.run({})] == [set(), set(), set()]


def test_an_alert_beyond_a_limit_is_news_in_the_next_run(story_of, action_of):
    story = story_of(action_of(**ON_CHANGE))
    both = {"a": "default", "b": "default"}
    sent = [story.run(both, max_actions=1), story.run(both, queue_room=0), story.run(both), story.run(both)]
    assert sent == [{("u1", "a")}, set(), {("u1", "b")}, set()]


def test_an_alert_whose_connector_was_missing_is_news_when_it_exists(story_of, action_of):
    story = story_of(action_of(**HOURLY))
    there = {"c-u1": ConnectorAvailability(".server-log")}
    sent = [story.run({"a": "default"}, connectors={}), story.run({"a": "default"}, connectors=there)]
    assert sent == [set(), {("u1", "a")}]


def test_throttle_equal_to_the_interval_fires_in_every_run(story_of, action_of):
    story = story_of(action_of(notify_when="onThrottleInterval", throttle="1m"))
    assert [story.run({"a": "default"}) for _ in range(4)] == [{("u1", "a")}] * 4


def test_a_throttle_of_two_intervals_fires_in_every_other_run(story_of, action_of):
    story = story_of(action_of(notify_when="onThrottleInterval", throttle="2m"))
    assert [story.run({"a": "default"}) for _ in range(5)] == [
        {("u1", "a")},
        set(),
        {("u1", "a")},
        set(),
        {("u1", "a")},
    ]


def test_a_group_change_bypasses_throttles_and_starts_them_anew(story_of, action_of):
    story = story_of(action_of("u1", "default", **HOURLY), action_of("u2", "other", **HOURLY))
    sent = [story.run({"a": group}) for group in ("default", "other", "default", "default")]
    assert sent == [{("u1", "a")}, {("u2", "a")}, {("u1", "a")}, set()]
    assert story.run({"a": "default"}, after=HOUR - 2 * MINUTE) == set()
    assert story.run({"a": "default"}) == {("u1", "a")}


def test_throttles_do_not_span_a_recovery(story_of, action_of):
    story = story_of(action_of(**HOURLY))
    groups = ({"a": "default"}, {}, {"a": "default"}, {"a": "default"})
    assert [story.run(each) for each in groups] == [{("u1", "a")}, set(), {("u1", "a")}, set()]


def test_alerts_throttle_independently(story_of, action_of):
    story = story_of(action_of(**HOURLY))
    assert story.run({"a": "default"}) == {("u1", "a")}
    assert story.run({"a": "default", "b": "default"}, after=HOUR / 2) == {("u1", "b")}
    assert story.run({"a": "default", "b": "default"}, after=HOUR / 2) == {("u1", "a")}


def test_actions_throttle_independently(story_of, action_of):
    story = story_of(action_of("u1", **HOURLY), action_of("u2", notify_when="onThrottleInterval", throttle="2m"))
    sent = [story.run({"a": "default"}) for _ in range(3)]
    assert sent == [{("u1", "a"), ("u2", "a")}, set(), {("u2", "a")}]


def test_an_edited_action_keeps_its_clock_and_one_with_a_new_uuid_starts_afresh(story_of, action_of):
    story = story_of(action_of("u1", **HOURLY))
    first = story.run({"a": "default"})
    story.change(actions=(action_of("u1", notify_when="onThrottleInterval", throttle="2m", params={"message": "new"}),))
    edited = [story.run({"a": "default"}), story.run({"a": "default"})]
    story.change(actions=(action_of("u3", **HOURLY),))
    assert [first, *edited, story.run({"a": "default"})] == [{("u1", "a")}, set(), {("u1", "a")}, {("u3", "a")}]


def test_an_action_that_was_away_starts_unthrottled(story_of, action_of):
    one, two = action_of("u1", **HOURLY), action_of("u2", **HOURLY)
    story = story_of(one, two)
    first = story.run({"a": "default"})
    story.change(actions=(two,))
    without = story.run({"a": "default"})
    story.change(actions=(one, two))
    assert [first, without, story.run({"a": "default"})] == [{("u1", "a"), ("u2", "a")}, set(), {("u1", "a")}]


def test_the_rules_throttle_is_one_clock_for_all_actions(story_of, action_of):
    story = story_of(
        action_of("u1", notify_when=None),
        action_of("u2", notify_when=None),
        notify_when="onThrottleInterval",
        throttle="2m",
    )
    both = {("u1", "a"), ("u2", "a")}
    assert [story.run({"a": "default"}) for _ in range(4)] == [both, set(), both, set()]


def test_an_action_that_fires_for_another_reason_moves_the_rules_clock(story_of, action_of):
    story = story_of(
        action_of("u1", notify_when=None),
        action_of("u2", "default", "onActiveAlert"),
        notify_when="onThrottleInterval",
        throttle="2m",
    )
    sent = [story.run({"a": "default"}) for _ in range(4)]
    assert sent == [{("u1", "a"), ("u2", "a")}, {("u2", "a")}, {("u2", "a")}, {("u2", "a")}]
