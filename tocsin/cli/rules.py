"""``tocsin rules``: look at the rules of a store, switch and mute them, while a daemon runs them."""

from typing import Any, get_args

import click

from engine.model.outcome import ExecutionStatusName
from tocsin.cli.options import Globals, OutputFormat, option, output_option, store_option
from tocsin.cli.verb import verb_group

_STATUSES = get_args(ExecutionStatusName)

_rules_argument = click.argument("rules", metavar="RULE...", nargs=-1, required=True)
_alert_option = option(
    "--alert", "alerts", of="rules", multiple=True, metavar="ID", help="Only this alert. May be repeated."
)


@verb_group
def rules() -> None:
    """Look at the rules of a store, enable, disable, mute and unmute them.

    RULE is a rule's id or name. A daemon that works with the store heeds a change within a second.
    """


@rules.verb("list")
@option("--enabled/--disabled", of="rules", default=None, help="Only rules that are enabled, or that are not.")
@option("--type", "rule_type", of="rules", metavar="ID", help="Only rules of this type.")
@option("--tag", of="rules", help="Only rules with this tag.")
@option("--name", of="rules", metavar="TEXT", help="Only rules whose name holds this text, case aside.")
@option("--status", of="rules", type=click.Choice(_STATUSES), help="Only rules whose last run ended so.")
@option("--limit", of="rules", type=click.IntRange(0, 10_000), default=100, show_default=True, help="Rules a page.")
@option("--page", of="rules", type=click.IntRange(1), default=1, show_default=True, help="Which page to show.")
@store_option
@output_option
@click.pass_obj
def _list(options: Globals, /, store: str | None, output: OutputFormat, limit: int, page: int, **filters: Any) -> int:
    """Show rules in order of their names: what they are, how their last run ended, when they run next.

    Example: tocsin rules list --status error
    """
    import asyncio

    from engine.ports.store import RuleQuery
    from tocsin.cli.rule_result import print_page
    from tocsin.desk import open_desk

    query = RuleQuery(
        enabled=filters["enabled"],
        rule_type_id=filters["rule_type"],
        tag=filters["tag"],
        name_contains=filters["name"],
        execution_status=filters["status"],
        sort="name",
        offset=(page - 1) * limit,
        limit=limit,
    )

    async def find() -> None:
        async with open_desk(options.config, store) as desk:
            print_page(await desk.rules.find(query), page, limit, desk.at, output)

    asyncio.run(find())
    return 0


@rules.verb("get")
@click.argument("rule")
@store_option
@output_option
@click.pass_obj
def _get(options: Globals, rule: str, store: str | None, output: OutputFormat) -> int:
    """Show one rule whole, in the form of a rule file.

    Example: tocsin rules get slow-hosts -o json
    """
    import asyncio

    from tocsin.cli.rule_result import print_rule
    from tocsin.desk import open_desk

    async def get() -> None:
        async with open_desk(options.config, store) as desk:
            [stored] = await desk.find([rule])
            print_rule(stored, desk.at, output)

    asyncio.run(get())
    return 0


@rules.verb("enable")
@_rules_argument
@store_option
@output_option
@click.pass_obj
def _enable(options: Globals, rules: tuple[str, ...], store: str | None, output: OutputFormat) -> int:
    """Enable rules: one runs at once, several spread over their intervals.

    Their alerts live on, without their flapping history.

    Example: tocsin rules enable slow-hosts
    """
    from tocsin.cli.rule_changes import Enabling, change_rules

    return change_rules(options.config, store, rules, Enabling(is_in_bulk=len(rules) > 1), output)


@rules.verb("disable")
@_rules_argument
@option("--untrack", of="rules", is_flag=True, help="Let the alerts go: after enabling, they start afresh.")
@store_option
@output_option
@click.pass_obj
def _disable(options: Globals, rules: tuple[str, ...], untrack: bool, store: str | None, output: OutputFormat) -> int:
    """Disable rules: they run no more, and nobody is told that their alerts recovered.

    What they queued before is still delivered; see `tocsin notifications drop`.

    Example: tocsin rules disable slow-hosts "Error budget"
    """
    from tocsin.cli.rule_changes import Disabling, change_rules

    return change_rules(options.config, store, rules, Disabling(is_untracking=untrack), output)


@rules.verb("mute")
@_rules_argument
@_alert_option
@store_option
@output_option
@click.pass_obj
def _mute(
    options: Globals, rules: tuple[str, ...], alerts: tuple[str, ...], store: str | None, output: OutputFormat
) -> int:
    """Mute rules, or single alerts of theirs: runs go on, actions stay silent.

    An alert that recovers while it is muted is not told either.

    Example: tocsin rules mute slow-hosts --alert web-3
    """
    from tocsin.cli.rule_changes import Muting, change_rules

    return change_rules(options.config, store, rules, Muting(alerts), output)


@rules.verb("unmute")
@_rules_argument
@_alert_option
@store_option
@output_option
@click.pass_obj
def _unmute(
    options: Globals, rules: tuple[str, ...], alerts: tuple[str, ...], store: str | None, output: OutputFormat
) -> int:
    """Unmute rules with all their alerts, or single alerts.

    Example: tocsin rules unmute slow-hosts
    """
    from tocsin.cli.rule_changes import Unmuting, change_rules

    return change_rules(options.config, store, rules, Unmuting(alerts), output)
