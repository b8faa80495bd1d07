"""The schema. Instants are epoch milliseconds; what users filter or sort by is a column, the rest JSON.

Run columns (`rule_runtime`) stand apart from definition columns (`rules`), because each side is written without the
other. ``rules.no`` is an internal number that never leaves the store: what belongs to a rule alone (runtime,
monitoring, tags, connectors, references) hangs on it; what outlives a rule (alerts, events, outbox) carries its space
and id.
There are no foreign keys: `engine.store.rules.delete_rule` alone removes a parent, and a check at every run would
cost more than it finds.

A change here needs a migration in ``migrations/versions``; a test holds the two equal.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    literal_column,
)

MONITORING_SLOTS = 200
"""Runs kept in a rule's monitoring history (rule-run.md 9.3)."""


class Blob(LargeBinary):
    """Bytes as drivers take and give them, without the wrapping and copying of the general type."""

    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> None:
        return None

    def result_processor(self, dialect: Dialect, coltype: object) -> None:
        return None


metadata = MetaData()

_Serial = BigInteger().with_variant(Integer(), "sqlite")
_Exact = Text().with_variant(Text(collation="C"), "postgresql")
"""Text that sorts by code point on every database."""
_Json = JSON(none_as_null=True)
"""JSON that users may search by member; it keeps the order of members."""

rules = Table(
    "rules",
    metadata,
    Column("no", _Serial, primary_key=True, autoincrement=True),
    Column("space", Text, nullable=False),
    Column("id", _Exact, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("name", _Exact, nullable=False),
    Column("name_folded", _Exact, nullable=False),  # case-folded, for searching
    Column("rule_type_id", Text, nullable=False),
    Column("consumer", Text, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("interval", Text, nullable=False),
    Column("throttle", Text),
    Column("notify_when", Text),
    Column("alert_delay", Integer),
    Column("mute_all", Boolean, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("scheduled_task_id", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("created_by", Text),
    Column("updated_by", Text),
    Column("owner", Text),  # api_key_owner
    Column("api_key_created_by_user", Boolean),
    Column("api_key", Blob),  # id of the key that it borrowed
    Column("flapping_is_set", Boolean, nullable=False),
    Column("flapping", _Json),
    Column("tags", _Json, nullable=False),
    Column("muted_alert_ids", _Json, nullable=False),
    Column("snooze_schedule", _Json, nullable=False),
    Column("params", _Json, nullable=False),
    Column("actions", _Json, nullable=False),
    Column("artifacts", _Json),
    Column("alert_snoozes", _Json),  # null: none
    UniqueConstraint("space", "id", name="rules_space_id"),
    Index("rules_by_creation", "space", "created_at", "id"),
    Index("rules_by_update", "space", "updated_at", "id"),
    Index("rules_by_name", "space", "name", "id"),
    Index("rules_by_type", "space", "rule_type_id", "id"),
    Index("rules_by_interval", "enabled", "interval"),
    sqlite_autoincrement=True,
)

rule_tags = Table(
    "rule_tags",
    metadata,
    Column("rule_no", BigInteger, primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("tag", _Exact, nullable=False),
    Index("rule_tags_by_tag", "tag", "rule_no"),
    sqlite_with_rowid=False,
)

rule_connectors = Table(
    "rule_connectors",
    metadata,
    Column("rule_no", BigInteger, primary_key=True, autoincrement=False),
    Column("connector_id", Text, primary_key=True),
    Index("rule_connectors_by_connector", "connector_id", "rule_no"),
    sqlite_with_rowid=False,
)

rule_references = Table(
    "rule_references",
    metadata,
    Column("rule_no", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Index("rule_references_by_object", "kind", "id", "rule_no"),
    sqlite_with_rowid=False,
)

rule_runtime = Table(
    "rule_runtime",
    metadata,
    Column("rule_no", _Serial, primary_key=True, autoincrement=False),
    Column("next_run", BigInteger),  # null when disabled or unscheduled
    Column("anchor", BigInteger),
    Column("last_planned", BigInteger),
    Column("shown_next_run", BigInteger),
    Column("is_next_run_hidden", Boolean, nullable=False),
    Column("schedule_version", BigInteger, nullable=False),
    Column("lease_owner", Text),
    Column("lease_until", BigInteger),  # set while a run holds the rule
    Column("fence", BigInteger, nullable=False),
    Column("execution_status", Text, nullable=False),
    Column("last_execution_at", BigInteger, nullable=False),
    Column("last_duration_ms", BigInteger),
    Column("last_outcome", Text),
    Column("active_alerts", Integer),
    Column("status_details", Blob, nullable=False),
    Column("monitored_runs", BigInteger, nullable=False),  # entries ever written to the ring
    Column("state_version", BigInteger, nullable=False),
    Column("state", Blob, nullable=False),
    Index("rule_runtime_due", "next_run"),
)

monitoring = Table(
    "monitoring",
    metadata,
    Column("rule_no", BigInteger, primary_key=True, autoincrement=False),
    Column("slot", SmallInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("success", Boolean, nullable=False),
    Column("duration_ms", BigInteger),
    sqlite_with_rowid=False,
)

alerts = Table(
    "alerts",
    metadata,
    Column("seq", _Serial, primary_key=True, autoincrement=True),
    Column("uuid", Text, nullable=False, unique=True),
    Column("space", Text, nullable=False),
    Column("rule_id", Text, nullable=False),
    Column("alert_id", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("started", BigInteger, nullable=False),
    Column("ended", BigInteger),  # null while active
    Column("size", Integer, nullable=False),
    Column("rule_fields", Blob, nullable=False),
    Column("document", Blob),  # the final changing part; null while active
    Index("alerts_by_start", "space", "started"),
    Index("alerts_by_rule", "space", "rule_id", "started"),
    Index("alerts_by_id", "space", "rule_id", "alert_id"),
    Index("alerts_ended", "ended", "size"),
)

events = Table(
    "events",
    metadata,
    Column("seq", _Serial, primary_key=True, autoincrement=True),
    Column("space", Text, nullable=False),
    Column("rule_id", Text, nullable=False),
    Column("at", BigInteger, nullable=False),  # end of the run
    Column("started_at", BigInteger, nullable=False),
    Column("execution_uuid", Text),
    Column("size", Integer, nullable=False),
    Column("trace", Blob, nullable=False),
    Column("ledger", Blob),  # the run's decisions
    Index("events_by_rule", "space", "rule_id", "at"),
    Index("events_by_space", "space", "at"),
    Index("events_by_age", "at", "size"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("seq", _Serial, primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False),
    Column("space", Text, nullable=False),
    Column("rule_id", Text, nullable=False),
    Column("rule_type_id", Text, nullable=False),
    Column("execution_uuid", Text, nullable=False),
    Column("consumer", Text, nullable=False),
    Column("action_uuid", Text, nullable=False),
    Column("connector_id", Text, nullable=False),
    Column("connector_type_id", Text, nullable=False),
    Column("action_group", Text, nullable=False),
    Column("alert_id", Text),
    Column("alert_uuid", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("lane", BigInteger, nullable=False),  # what is sent in order: connector, rule and alert
    Column("state", String(9), nullable=False),
    Column("due_at", BigInteger),  # next attempt or end of the lease; null when none will follow
    Column("attempts", Integer, nullable=False),
    Column("lease_owner", Text),
    Column("fence", BigInteger, nullable=False),
    Column("finished_at", BigInteger),
    Column("last_error", Text),
    Column("size", Integer, nullable=False),
    Column("params", Blob, nullable=False),
    Index("outbox_finished", "finished_at", "size"),
)
# An index on ids or rules costs a page at every run, since they come in no order. So a notification on its way is found
# by its lane, and a listing by rule reads from the newest row back.
_is_open = outbox.c.due_at.is_not(None)
is_dead = outbox.c.state == literal_column("'dead'")
# That they are partial on PostgreSQL, too, only the migration says: here it would load that dialect with every command.
Index("outbox_due", outbox.c.due_at, sqlite_where=_is_open)
Index("outbox_lane", outbox.c.lane, sqlite_where=_is_open)
Index("outbox_dead", outbox.c.id, sqlite_where=is_dead)

mirrors = Table(
    "mirrors",
    metadata,
    Column("name", Text, primary_key=True),
    Column("change", BigInteger, nullable=False),  # events.seq
    Column("copied", BigInteger),  # alerts.seq; null once everything was copied
)

connectors = Table(
    "connectors",
    metadata,
    Column("space", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("connector_type_id", Text, nullable=False),
    Column("config", _Json, nullable=False),
    Column("secrets", Blob),  # encrypted, bound to id, space and type
    Column("is_missing_secrets", Boolean, nullable=False),
    Column("owner", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("created_by", Text),
    Column("updated_by", Text),
)

executions = Table(
    "executions",
    metadata,
    Column("seq", _Serial, primary_key=True, autoincrement=True),
    Column("space", Text, nullable=False),
    Column("connector_id", Text, nullable=False),
    Column("at", BigInteger, nullable=False),  # end of the execution
    Column("size", Integer, nullable=False),
    Column("trace", Blob, nullable=False),
    Index("executions_by_age", "at", "size"),
)

access_tokens = Table(
    "access_tokens",
    metadata,
    Column("space", Text, primary_key=True),
    Column("connector_id", Text, primary_key=True),
    Column("connector_type_id", Text, nullable=False),
    Column("sealed", Blob, nullable=False),  # encrypted, bound to space, connector id and type
)

maintenance_windows = Table(
    "maintenance_windows",
    metadata,
    Column("space", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("title", Text, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("is_archived", Boolean, nullable=False),
    Column("duration_ms", BigInteger, nullable=False),
    Column("rrule", _Json, nullable=False),
    Column("ends_by", BigInteger),  # null: it never ends
    Column("expiration_date", BigInteger, nullable=False),
    Column("finished_at", BigInteger),
    Column("kql", Text),
    Column("category_ids", _Json),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("created_by", Text),
    Column("updated_by", Text),
)

data_views = Table(
    "data_views",
    metadata,
    Column("space", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("time_field", Text),
    Column("type", Text),
    Column("type_meta", _Json),
    Column("runtime_fields", _Json, nullable=False),
    Column("source_filters", _Json, nullable=False),
    Column("field_formats", _Json, nullable=False),
    Column("field_attrs", _Json, nullable=False),
    Column("allow_no_index", Boolean, nullable=False),
    Column("allow_hidden", Boolean),
    Column("created_at", BigInteger),
    Column("updated_at", BigInteger),
    Column("created_by", Text),
    Column("updated_by", Text),
)

default_data_views = Table(
    "default_data_views",
    metadata,
    Column("space", Text, primary_key=True),
    Column("view_id", Text, nullable=False),
)

users = Table(
    "users",
    metadata,
    Column("name", _Exact, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("roles", _Json, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("created_by", Text),
    Column("updated_by", Text),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("secret_hash", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("created_by", Text),
)

roles = Table(
    "roles",
    metadata,
    Column("name", _Exact, primary_key=True),
    Column("description", Text, nullable=False),
    Column("metadata", _Json, nullable=False),
    Column("elasticsearch", _Json, nullable=False),
    Column("kibana", _Json, nullable=False),
)

cases = Table(
    "cases",
    metadata,
    Column("space", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("title", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("tags", _Json, nullable=False),
    Column("sync_alerts", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("created_by", Text),
    Column("updated_at", BigInteger),
    Column("updated_by", Text),
    Column("closed_at", BigInteger),
    Column("closed_by", Text),
)

case_comments = Table(
    "case_comments",
    metadata,
    Column("no", _Serial, primary_key=True, autoincrement=True),
    Column("space", Text, nullable=False),
    Column("case_id", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("content", _Json, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("created_by", Text),
    Column("updated_at", BigInteger),
    Column("updated_by", Text),
    Index("case_comments_by_case", "space", "case_id", "no"),
)

spaces = Table(
    "spaces",
    metadata,
    Column("id", _Exact, primary_key=True),
    Column("definition", _Json, nullable=False),
)

space_settings = Table(
    "space_settings",
    metadata,
    Column("space", Text, primary_key=True),
    Column("flapping_enabled", Boolean, nullable=False),
    Column("look_back_window", Integer, nullable=False),
    Column("status_change_threshold", Integer, nullable=False),
    Column("query_delay_s", Integer, nullable=False),
    Column("changes", _Json),  # who changed which of them, and when
)

audit = Table(
    "audit",
    metadata,
    Column("seq", _Serial, primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False),
    Column("actor", Text),
    Column("operation", Text, nullable=False),
    Column("object_kind", Text, nullable=False),
    Column("object_id", Text, nullable=False),
    Column("space", Text, nullable=False),
    Column("details", _Json, nullable=False),
    Index("audit_by_space", "space", "seq"),
)
