"""Who noted an absence and when, what stands in the way of an action, and the index that finds what somebody proposed. Additive."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None
_STANDS = sa.text("lifted_on IS NULL")


def upgrade() -> None:
    """Add two columns, a table and three indexes."""
    op.add_column("absence", sa.Column("noted_by", sa.String(), nullable=True))
    op.add_column("absence", sa.Column("noted_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("action_proposed", "action", ["convention", "proposer_seat"])
    op.create_table(
        "blocker",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("action_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("seat", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("raised_on", sa.Date(), nullable=False),
        sa.Column("words_id", sa.Uuid(), nullable=False),
        sa.Column("lifted_on", sa.Date(), nullable=True),
        sa.Column("lifted_words_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["action_id"], ["action.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("action_id", "number"),
    )
    op.create_index("blocker_stands", "blocker", ["action_id"], sqlite_where=_STANDS, postgresql_where=_STANDS)
