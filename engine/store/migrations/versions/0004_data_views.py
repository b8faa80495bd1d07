"""Data views."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

JSON = sa.JSON(none_as_null=True)


def upgrade() -> None:
    op.create_table(
        "data_views",
        sa.Column("space", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("time_field", sa.Text()),
        sa.Column("type", sa.Text()),
        sa.Column("type_meta", JSON),
        sa.Column("runtime_fields", JSON, nullable=False),
        sa.Column("source_filters", JSON, nullable=False),
        sa.Column("field_formats", JSON, nullable=False),
        sa.Column("field_attrs", JSON, nullable=False),
        sa.Column("allow_no_index", sa.Boolean(), nullable=False),
        sa.Column("allow_hidden", sa.Boolean()),
        sa.Column("created_at", sa.BigInteger()),
        sa.Column("updated_at", sa.BigInteger()),
        sa.Column("created_by", sa.Text()),
        sa.Column("updated_by", sa.Text()),
        sa.PrimaryKeyConstraint("space", "id"),
    )
