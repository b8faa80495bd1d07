"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
EXACT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
JSON = sa.JSON(none_as_null=True)
IS_OPEN = sa.text("due_at IS NOT NULL")
IS_DEAD = sa.text("state = 'dead'")


def upgrade() -> None:
    op.create_table(
        "alerts",
        sa.Column("seq", SERIAL, autoincrement=True, nullable=False),
        sa.Column("uuid", sa.Text(), nullable=False),
        sa.Column("space", sa.Text(), nullable=False),
        sa.Column("rule_id", sa.Text(), nullable=False),
        sa.Column("alert_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("started", sa.BigInteger(), nullable=False),
        sa.Column("ended", sa.BigInteger()),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("rule_fields", sa.LargeBinary(), nullable=False),
        sa.Column("document", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("uuid"),
    )
    op.create_index("alerts_by_id", "alerts", ["space", "rule_id", "alert_id"])
    op.create_index("alerts_by_rule", "alerts", ["space", "rule_id", "started"])
    op.create_index("alerts_by_start", "alerts", ["space", "started"])
    op.create_index("alerts_ended", "alerts", ["ended", "size"])
    op.create_table(
        "audit",
        sa.Column("seq", SERIAL, autoincrement=True, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text()),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("object_kind", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("space", sa.Text(), nullable=False),
        sa.Column("details", JSON, nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("audit_by_space", "audit", ["space", "seq"])
    op.create_table(
        "connectors",
        sa.Column("space", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("connector_type_id", sa.Text(), nullable=False),
        sa.Column("config", JSON, nullable=False),
        sa.Column("secrets", sa.LargeBinary()),
        sa.Column("is_missing_secrets", sa.Boolean(), nullable=False),
        sa.Column("owner", sa.Text()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.Text()),
        sa.Column("updated_by", sa.Text()),
        sa.PrimaryKeyConstraint("space", "id"),
    )
    op.create_table(
        "events",
        sa.Column("seq", SERIAL, autoincrement=True, nullable=False),
        sa.Column("space", sa.Text(), nullable=False),
        sa.Column("rule_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("execution_uuid", sa.Text()),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("trace", sa.LargeBinary(), nullable=False),
        sa.Column("ledger", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("events_by_age", "events", ["at", "size"])
    op.create_index("events_by_rule", "events", ["space", "rule_id", "at"])
    op.create_index("events_by_space", "events", ["space", "at"])
    op.create_table(
        "monitoring",
        sa.Column("rule_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("slot", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("success", sa.Boolean(), nullable=False),
        sa.Column("duration_ms", sa.BigInteger()),
        sa.PrimaryKeyConstraint("rule_no", "slot"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "outbox",
        sa.Column("seq", SERIAL, autoincrement=True, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("space", sa.Text(), nullable=False),
        sa.Column("rule_id", sa.Text(), nullable=False),
        sa.Column("rule_type_id", sa.Text(), nullable=False),
        sa.Column("execution_uuid", sa.Text(), nullable=False),
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("action_uuid", sa.Text(), nullable=False),
        sa.Column("connector_id", sa.Text(), nullable=False),
        sa.Column("connector_type_id", sa.Text(), nullable=False),
        sa.Column("action_group", sa.Text(), nullable=False),
        sa.Column("alert_id", sa.Text()),
        sa.Column("alert_uuid", sa.Text()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("lane", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=9), nullable=False),
        sa.Column("due_at", sa.BigInteger()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_owner", sa.Text()),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger()),
        sa.Column("last_error", sa.Text()),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("params", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("outbox_dead", "outbox", ["id"], sqlite_where=IS_DEAD, postgresql_where=IS_DEAD)
    op.create_index("outbox_due", "outbox", ["due_at"], sqlite_where=IS_OPEN, postgresql_where=IS_OPEN)
    op.create_index("outbox_finished", "outbox", ["finished_at", "size"])
    op.create_index("outbox_lane", "outbox", ["lane"], sqlite_where=IS_OPEN, postgresql_where=IS_OPEN)
    op.create_table(
        "rule_connectors",
        sa.Column("rule_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("connector_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("rule_no", "connector_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("rule_connectors_by_connector", "rule_connectors", ["connector_id", "rule_no"])
    op.create_table(
        "rule_runtime",
        sa.Column("rule_no", SERIAL, autoincrement=False, nullable=False),
        sa.Column("next_run", sa.BigInteger()),
        sa.Column("anchor", sa.BigInteger()),
        sa.Column("last_planned", sa.BigInteger()),
        sa.Column("shown_next_run", sa.BigInteger()),
        sa.Column("is_next_run_hidden", sa.Boolean(), nullable=False),
        sa.Column("schedule_version", sa.BigInteger(), nullable=False),
        sa.Column("lease_owner", sa.Text()),
        sa.Column("lease_until", sa.BigInteger()),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("execution_status", sa.Text(), nullable=False),
        sa.Column("last_execution_at", sa.BigInteger(), nullable=False),
        sa.Column("last_duration_ms", sa.BigInteger()),
        sa.Column("last_outcome", sa.Text()),
        sa.Column("active_alerts", sa.Integer()),
        sa.Column("status_details", sa.LargeBinary(), nullable=False),
        sa.Column("monitored_runs", sa.BigInteger(), nullable=False),
        sa.Column("state_version", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("rule_no"),
    )
    op.create_index("rule_runtime_due", "rule_runtime", ["next_run"])
    op.create_table(
        "rule_tags",
        sa.Column("rule_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("tag", EXACT, nullable=False),
        sa.PrimaryKeyConstraint("rule_no", "position"),
        sqlite_with_rowid=False,
    )
    op.create_index("rule_tags_by_tag", "rule_tags", ["tag", "rule_no"])
    op.create_table(
        "rules",
        sa.Column("no", SERIAL, autoincrement=True, nullable=False),
        sa.Column("space", sa.Text(), nullable=False),
        sa.Column("id", EXACT, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("name", EXACT, nullable=False),
        sa.Column("name_folded", EXACT, nullable=False),
        sa.Column("rule_type_id", sa.Text(), nullable=False),
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("interval", sa.Text(), nullable=False),
        sa.Column("throttle", sa.Text()),
        sa.Column("notify_when", sa.Text()),
        sa.Column("alert_delay", sa.Integer()),
        sa.Column("mute_all", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("scheduled_task_id", sa.Text()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.Text()),
        sa.Column("updated_by", sa.Text()),
        sa.Column("owner", sa.Text()),
        sa.Column("api_key_created_by_user", sa.Boolean()),
        sa.Column("api_key", sa.LargeBinary()),
        sa.Column("flapping_is_set", sa.Boolean(), nullable=False),
        sa.Column("flapping", JSON),
        sa.Column("tags", JSON, nullable=False),
        sa.Column("muted_alert_ids", JSON, nullable=False),
        sa.Column("snooze_schedule", JSON, nullable=False),
        sa.Column("params", JSON, nullable=False),
        sa.Column("actions", JSON, nullable=False),
        sa.Column("artifacts", JSON),
        sa.PrimaryKeyConstraint("no"),
        sa.UniqueConstraint("space", "id", name="rules_space_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("rules_by_creation", "rules", ["space", "created_at", "id"])
    op.create_index("rules_by_name", "rules", ["space", "name", "id"])
    op.create_index("rules_by_type", "rules", ["space", "rule_type_id", "id"])
    op.create_index("rules_by_update", "rules", ["space", "updated_at", "id"])
    op.create_table(
        "space_settings",
        sa.Column("space", sa.Text(), nullable=False),
        sa.Column("flapping_enabled", sa.Boolean(), nullable=False),
        sa.Column("look_back_window", sa.Integer(), nullable=False),
        sa.Column("status_change_threshold", sa.Integer(), nullable=False),
        sa.Column("query_delay_s", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("space"),
    )
