"""Which findings are none: where the behaviour of Kibana's API differs from what a check of schemathesis expects, or
where a rule cannot be said in a schema. Each row with its reason; whatever is in no row counts.
"""

import re
from typing import Final, NamedTuple

CLASHES: Final = "two members of one request that do not go together: JSON Schema says it at the cost of clear errors"
STATE: Final = (
    "what there is decides, not how the request is written: Kibana answers 400 here (rest-api.md, data-views.md)"
)
LANGUAGE: Final = "a language of its own, or names of attributes, which no schema describes"
CALENDAR: Final = "the time of day, and what a schedule adds up to, decide (rest-api.md 4.6, 5)"
NUMBERS: Final = "JSON tells no bounds of numbers; those that would come back as others are refused"
TYPES: Final = "the type of the rule or connector judges its own members (rest-api.md 1.5)"


class Exemption(NamedTuple):
    """Findings of ``check`` whose operation and answer (its body as text) contain these expressions."""

    check: str
    operation: str
    answer: str
    reason: str


ACCEPTS: Final = "positive_data_acceptance"
REJECTS: Final = "negative_data_rejection"
BULK: Final = r"/rules/_bulk_"
VIEWS: Final = r"/(data_views|index_patterns)/"
SCHEDULES: Final = r"/maintenance_window|/snooze_schedule|/_snooze|/_bulk_edit"

EXEMPTIONS: Final = (
    Exemption(
        "unsupported_method", "", r'"statusCode":404', "a known path without that method is 404 (rest-api.md 1.3)"
    ),
    Exemption(
        REJECTS,
        r"/rules/_validate|/rule/\{id\}/_plan",
        r'"problems":\[\{',
        "what is wrong with the body is the answer, so that it goes well",
    ),
    Exemption(ACCEPTS, BULK, "has both ids and a filter|has neither ids nor a filter", CLASHES),
    Exemption(ACCEPTS, "", "is an integer of more than 64 bits", NUMBERS),
    Exemption(ACCEPTS, BULK, "chooses no rule", STATE),
    Exemption(ACCEPTS, "/_bulk_edit", r"request body\.operations\.", CLASHES),
    Exemption(ACCEPTS, "notifications/_(drop|retry)", "stand for themselves|must stand alone|are missing", CLASHES),
    Exemption(ACCEPTS, "/alert/", "does not belong to|is required|are not supported yet|neither expires_at", CLASHES),
    Exemption(ACCEPTS, "/_flapping", "is above look_back_window", CLASHES),
    Exemption(ACCEPTS, "/backfill/_schedule", "has not either ranges or start", CLASHES),
    Exemption(ACCEPTS, "/backfill/_schedule", "ago|in the future|not after", CALENDAR),
    Exemption(ACCEPTS, SCHEDULES, "has both end and occurrences", CLASHES),
    Exemption(
        ACCEPTS,
        SCHEDULES,
        "not in the future|never pause|a century|rRule.count is beyond|shorter than the interval",
        CALENDAR,
    ),
    Exemption(ACCEPTS, "snooze", "at most 5 scheduled snoozes|has no snooze schedules", STATE),
    Exemption(ACCEPTS, "/_finish", "is not running", STATE),
    Exemption(ACCEPTS, "maintenance_window|_find|_execution|_bulk|_aggregate|_log|rule", r"\.(kql|filter)\]", LANGUAGE),
    Exemption(ACCEPTS, "_find|_aggregate", "rules have no attribute", LANGUAGE),
    Exemption(ACCEPTS, "_find|_aggregate|/rules", "ends beyond rule", CLASHES),
    Exemption(ACCEPTS, VIEWS, "has `fields`, but its type|is composite: only its fields|change nothing", CLASHES),
    Exemption(ACCEPTS, VIEWS, "exists already|is taken", STATE),
    Exemption(ACCEPTS, "/swap_references", r"not found \(name a data view", STATE),
    Exemption(ACCEPTS, "/security/role/", "is built in", STATE),
    Exemption(ACCEPTS, "/security/role/", "names the space|grants nothing|grants base and feature", CLASHES),
    Exemption(ACCEPTS, "PUT /api/spaces/space/", "is not that of the path", CLASHES),
    Exemption(ACCEPTS, "DELETE /api/spaces/space/", "is always there", STATE),
    Exemption(ACCEPTS, "/api/cases", "names a case twice", CLASHES),
    Exemption(
        ACCEPTS, "/actions/connector", r"is preconfigured|not registered|request body\.(config|secrets|params)", TYPES
    ),
    Exemption(ACCEPTS, "/rule", r"not registered|request body\.(params|actions)|cannot be changed from", TYPES),
    Exemption(ACCEPTS, "/rule", "notify_when|throttle|flapping", CLASHES),
)


def exemption_of(check: str, operation: str, answer: str) -> Exemption | None:
    """The row that a finding falls under."""
    return next(
        (
            row
            for row in EXEMPTIONS
            if row.check == check and re.search(row.operation, operation) and re.search(row.answer, answer)
        ),
        None,
    )
