"""Reservations: what favourable opinions asked for, until it is met. Additive."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a table. Reviews closed before have no rows in it: their charters could not ask for any."""
    op.create_table(
        "reservation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("action_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("review_id", sa.Integer(), nullable=False),
        sa.Column("seat", sa.String(), nullable=False),
        sa.Column("raised_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("blocks", sa.String(), nullable=True),
        sa.Column("lifted_on", sa.Date(), nullable=True),
        sa.Column("words_id", sa.Uuid(), nullable=True),
        sa.Column("lapsed_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["action_id"], ["action.id"]),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("action_id", "number"),
    )
    stands = sa.text("lifted_on IS NULL AND lapsed_on IS NULL")
    op.create_index("reservation_stands", "reservation", ["action_id"], sqlite_where=stands, postgresql_where=stands)
    op.create_index("reservation_of_review", "reservation", ["review_id"])
