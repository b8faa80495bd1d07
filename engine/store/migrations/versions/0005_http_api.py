"""What the HTTP API keeps: access tokens and executions of connectors, users and their keys, roles, cases."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
EXACT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
JSON = sa.JSON(none_as_null=True)


def upgrade() -> None:
    op.create_table(
        "access_tokens",
        sa.Column("space", sa.Text(), nullable=False),
        sa.Column("connector_id", sa.Text(), nullable=False),
        sa.Column("connector_type_id", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("space", "connector_id"),
    )
    op.create_table(
        "executions",
        sa.Column("seq", SERIAL, primary_key=True, autoincrement=True),
        sa.Column("space", sa.Text(), nullable=False),
        sa.Column("connector_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("trace", sa.LargeBinary(), nullable=False),
    )
    op.create_index("executions_by_age", "executions", ["at", "size"])
    op.create_table(
        "spaces",
        sa.Column("id", EXACT, nullable=False),
        sa.Column("definition", JSON, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.add_column("space_settings", sa.Column("changes", JSON))
    _create_references()
    op.create_table(
        "default_data_views",
        sa.Column("space", sa.Text(), nullable=False),
        sa.Column("view_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("space"),
    )
    _create_security()
    _create_cases()
    op.add_column("rules", sa.Column("alert_snoozes", JSON))
    op.create_index("rules_by_interval", "rules", ["enabled", "interval"])


def _create_references() -> None:
    references = op.create_table(
        "rule_references",
        sa.Column("rule_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("rule_no", "kind", "id"),
        sqlite_with_rowid=False,
    )
    op.create_index("rule_references_by_object", "rule_references", ["kind", "id", "rule_no"])
    rules = sa.table("rules", sa.column("no"), sa.column("params", JSON))
    found = op.get_bind().execute(sa.select(rules.c.no, rules.c.params)).all()
    rows = [
        {"rule_no": no, "kind": "index-pattern", "id": view} for no, params in found for view in _data_views(params)
    ]
    if rows:
        op.bulk_insert(references, rows)


def _data_views(params: dict[str, object]) -> set[str]:
    """The data views that params of the rule types of that time name."""
    configuration = params.get("searchConfiguration")
    ids = [params.get("indexId"), params.get("boundaryIndexId")]
    ids.append(configuration.get("index") if isinstance(configuration, dict) else None)
    return {each for each in ids if isinstance(each, str) and each}


def _create_security() -> None:
    op.create_table(
        "users",
        sa.Column("name", EXACT, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("roles", JSON, nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.Text()),
        sa.Column("updated_by", sa.Text()),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger()),
        sa.Column("created_by", sa.Text()),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "roles",
        sa.Column("name", EXACT, nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("metadata", JSON, nullable=False),
        sa.Column("elasticsearch", JSON, nullable=False),
        sa.Column("kibana", JSON, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    # Until now owners were names that no user of this store has: the names of accounts, and of the rule files.
    op.execute("UPDATE rules SET owner = NULL, api_key_created_by_user = NULL, api_key = NULL")


def _create_cases() -> None:
    op.create_table(
        "cases",
        sa.Column("space", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("tags", JSON, nullable=False),
        sa.Column("sync_alerts", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.Text()),
        sa.Column("updated_at", sa.BigInteger()),
        sa.Column("updated_by", sa.Text()),
        sa.Column("closed_at", sa.BigInteger()),
        sa.Column("closed_by", sa.Text()),
        sa.PrimaryKeyConstraint("space", "id"),
    )
    op.create_table(
        "case_comments",
        sa.Column("no", SERIAL, autoincrement=True, nullable=False),
        sa.Column("space", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("content", JSON, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.Text()),
        sa.Column("updated_at", sa.BigInteger()),
        sa.Column("updated_by", sa.Text()),
        sa.PrimaryKeyConstraint("no"),
    )
    op.create_index("case_comments_by_case", "case_comments", ["space", "case_id", "no"])
