"""How far mirrors of the alert documents have come."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "mirrors",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("change", sa.BigInteger(), nullable=False),
        sa.Column("copied", sa.BigInteger()),
        sa.PrimaryKeyConstraint("name"),
    )
