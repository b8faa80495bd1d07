"""``tocsin rules``: look at rules, switch, silence and delete them, while a daemon runs them."""

from datetime import datetime
from typing import Any, get_args

import click

from engine.model.outcome import ExecutionStatusName
from tocsin.cli.options import Instant, OutputFormat, option, output_option
from tocsin.cli.place import act_at, place_options
from tocsin.cli.question import yes_option
from tocsin.cli.verb import verb_group
from tocsin.client.place import Place

_STATUSES = get_args(ExecutionStatusName)

_rules_argument = click.argument("rules", metavar="RULE...", nargs=-1, required=True)
_alert_option = option(
    "--alert", "alerts", of="rules", multiple=True, metavar="ID", help="Only this alert. May be repeated."
)


@verb_group
def rules() -> None:
    """Look at rules, enable, disable, mute, unmute, snooze, unsnooze and delete them.

    RULE is a rule's id or name. A daemon that works with the store heeds a change within a second; with --server a
    running daemon is asked over HTTP instead.
    """


@rules.verb("list")
@option("--enabled/--disabled", of="rules", default=None, help="Only rules that are enabled, or that are not.")
@option("--type", "rule_type", of="rules", metavar="ID", help="Only rules of this type.")
@option("--tag", of="rules", help="Only rules with this tag.")
@option("--name", of="rules", metavar="TEXT", help="Only rules whose name holds this text, case aside.")
@option("--status", of="rules", type=click.Choice(_STATUSES), help="Only rules whose last run ended so.")
@option("--limit", of="rules", type=click.IntRange(0, 10_000), default=100, show_default=True, help="Rules a page.")
@option("--page", of="rules", type=click.IntRange(1), default=1, show_default=True, help="Which page to show.")
@output_option
@place_options()
def _list(place: Place, /, output: OutputFormat, limit: int, page: int, **filters: Any) -> int:
    """Show rules in order of their names: what they are, how their last run ended, when they run next.

    Example: tocsin rules list --status error
    """
    from tocsin.cli.rule_result import print_page

    query = {
        "enabled": filters["enabled"],
        "rule_type_id": filters["rule_type"],
        "tag": filters["tag"],
        "name": filters["name"],
        "status": filters["status"],
        "page": page,
        "per_page": limit,
    }
    return act_at(place, lambda api: print_page(api, query, output))


@rules.verb("get")
@click.argument("rule")
@output_option
@place_options()
def _get(place: Place, rule: str, output: OutputFormat) -> int:
    """Show one rule whole, in the form of a rule file.

    Example: tocsin rules get slow-hosts -o json
    """
    from tocsin.cli.rule_result import print_rule

    return act_at(place, lambda api: print_rule(api, rule, output))


@rules.verb("enable")
@_rules_argument
@output_option
@place_options()
def _enable(place: Place, rules: tuple[str, ...], output: OutputFormat) -> int:
    """Enable rules: one runs at once, several spread over their intervals.

    Their alerts live on, without their flapping history.

    Example: tocsin rules enable slow-hosts
    """
    from tocsin.cli.rule_changes import Enabling, change_rules

    return act_at(place, lambda api: change_rules(api, rules, Enabling(is_in_bulk=len(rules) > 1), output))


@rules.verb("disable")
@_rules_argument
@option("--untrack", of="rules", is_flag=True, help="Let the alerts go: after enabling, they start afresh.")
@output_option
@place_options()
def _disable(place: Place, rules: tuple[str, ...], untrack: bool, output: OutputFormat) -> int:
    """Disable rules: they run no more, and nobody is told that their alerts recovered.

    What they queued before is still delivered; see `tocsin notifications drop`.

    Example: tocsin rules disable slow-hosts "Error budget"
    """
    from tocsin.cli.rule_changes import Disabling, change_rules

    return act_at(place, lambda api: change_rules(api, rules, Disabling(is_untracking=untrack), output))


@rules.verb("mute")
@_rules_argument
@_alert_option
@output_option
@place_options()
def _mute(place: Place, rules: tuple[str, ...], alerts: tuple[str, ...], output: OutputFormat) -> int:
    """Mute rules, or single alerts of theirs: runs go on, actions stay silent.

    An alert that recovers while it is muted is not told either.

    Example: tocsin rules mute slow-hosts --alert web-3
    """
    from tocsin.cli.rule_changes import Muting, change_rules

    return act_at(place, lambda api: change_rules(api, rules, Muting(alerts), output))


@rules.verb("unmute")
@_rules_argument
@_alert_option
@output_option
@place_options()
def _unmute(place: Place, rules: tuple[str, ...], alerts: tuple[str, ...], output: OutputFormat) -> int:
    """Unmute rules with all their alerts, or single alerts.

    Example: tocsin rules unmute slow-hosts
    """
    from tocsin.cli.rule_changes import Unmuting, change_rules

    return act_at(place, lambda api: change_rules(api, rules, Unmuting(alerts), output))


@rules.verb("snooze")
@_rules_argument
@option("--for", "duration", of="rules", metavar="DURATION", help="How long, from now or from --start on: 30m, 2h, 1d.")
@option("--until", of="rules", type=Instant(), help="Until when, instead of --for.")
@option("--start", of="rules", type=Instant(), help="When it begins. Default: now.")
@option("--every", of="rules", metavar="INTERVAL", help="Again and again: 1d, 2w, 1M (months), 1y.")
@option(
    "--on", "weekdays", of="rules", multiple=True, metavar="DAY", help="MO to SU; +2TU, -1FR of a month. Repeatable."
)
@option("--timezone", of="rules", metavar="ZONE", help="On whose wall clock it recurs. Default: UTC.")
@option("--times", of="rules", type=click.IntRange(1), help="How often.")
@option("--last", of="rules", type=Instant(), help="No start after this time.")
@output_option
@place_options()
def _snooze(
    place: Place,
    /,
    rules: tuple[str, ...],
    duration: str | None,
    until: datetime | None,
    output: OutputFormat,
    **repetition: Any,
) -> int:
    """Snooze rules: runs go on, actions stay silent until the snooze ends.

    With --for or --until alone it is for once, from now on, and takes the place of the one before. With any of the
    other options it is a scheduled snooze with an id; a rule may have five.

    Example: tocsin rules snooze slow-hosts --for 2h

    Example: tocsin rules snooze slow-hosts --start 2026-01-13T22:00:00Z --for 4h --every 1w --timezone Europe/Vienna
    """
    from tocsin.cli.rule_changes import change_rules
    from tocsin.cli.snooze_changes import Repetition, Snoozing

    snoozing = Snoozing(duration, until, Repetition(**repetition))
    return act_at(place, lambda api: change_rules(api, rules, snoozing, output))


@rules.verb("unsnooze")
@_rules_argument
@option("--id", "snoozes", of="rules", multiple=True, metavar="ID", help="Only this scheduled snooze. Repeatable.")
@output_option
@place_options()
def _unsnooze(place: Place, rules: tuple[str, ...], snoozes: tuple[str, ...], output: OutputFormat) -> int:
    """End what silences rules now, muting included; a snooze that recurs skips this time and stays.

    With --id that snooze is removed, and nothing else changes.

    Example: tocsin rules unsnooze slow-hosts
    """
    from tocsin.cli.rule_changes import change_rules
    from tocsin.cli.snooze_changes import Unsnoozing

    return act_at(place, lambda api: change_rules(api, rules, Unsnoozing(snoozes), output))


@rules.verb("delete")
@_rules_argument
@yes_option(of="rules")
@output_option
@place_options()
def _delete(place: Place, rules: tuple[str, ...], is_yes: bool, output: OutputFormat) -> int:
    """Delete rules for good: their alerts become untracked, and nobody is told that they recovered.

    Their history stays. What they queued before is still delivered; see `tocsin notifications drop`. A rule of a rule
    file comes back with the daemon's next start or reload, unless its file is removed, too. On a terminal it asks
    first, and ends with exit code 1 if the answer is no.

    Example: tocsin rules delete slow-hosts --yes
    """
    from tocsin.cli.rule_deletion import delete_rules

    return act_at(place, lambda api: delete_rules(api, rules, is_yes=is_yes, output=output))
