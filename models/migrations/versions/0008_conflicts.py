"""Conflicts of interest, and the seats that took no part in a review, kept when it closes. Additive."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a table, and a column that reviews leave empty where everybody takes part."""
    op.create_table(
        "conflict",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("action_id", sa.Integer(), nullable=False),
        sa.Column("seat", sa.String(), nullable=False),
        sa.Column("words_id", sa.Uuid(), nullable=False),
        sa.Column("declared_on", sa.Date(), nullable=False),
        sa.Column("withdrawn_on", sa.Date(), nullable=True),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["action_id"], ["action.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_conflict_action_id", "conflict", ["action_id"])
    stands = sa.text("withdrawn_on IS NULL")
    op.create_index("conflict_stands", "conflict", ["action_id"], sqlite_where=stands, postgresql_where=stands)
    op.add_column("review", sa.Column("recused", sa.JSON(), nullable=True))
