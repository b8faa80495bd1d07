"""``tocsin why``: tell from the decision ledger why somebody was notified, or not."""

import click

from tocsin.cli.options import OutputFormat, option, output_option
from tocsin.cli.place import act_at, place_options
from tocsin.cli.verb import verb
from tocsin.client.place import Place


@verb
@click.argument("rule")
@click.argument("alert", required=False)
@option("--last", metavar="DURATION", help="Only the runs of the last 30m, 2h, 1d ... up to the newest run.")
@output_option
@place_options()
def why(place: Place, rule: str, alert: str | None, last: str | None, output: OutputFormat) -> int:
    """Tell, run by run, which actions fired for which alerts and what kept the others back.

    RULE is a rule's id or name, ALERT the id of one of its alerts. Runs like the one before are left out; the newest
    10,000 are looked at.

    Example: tocsin why slow-hosts web-3 --last 1h --store tocsin-demo/tocsin.db
    """
    from tocsin.cli.why_result import check_last, tell_why

    check_last(last)
    return act_at(place, lambda api: tell_why(api, rule, alert, last, output))
