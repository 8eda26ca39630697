"""How long before their own deadlines people wish to be told, and of which they were. Additive."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None
_AHEAD = sa.text("lead_days IS NOT NULL")


def upgrade() -> None:
    """Add two columns, an index and a table."""
    op.add_column("preference", sa.Column("lead_days", sa.Integer(), nullable=True))
    op.add_column("preference", sa.Column("looked_on", sa.Date(), nullable=True))
    op.create_index("preference_ahead", "preference", ["convention", "looked_on"], sqlite_where=_AHEAD, postgresql_where=_AHEAD)
    op.create_table(
        "foretold",
        sa.Column("person_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("action_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("deadline", sa.String(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("convention", sa.String(), nullable=False),
        sa.Column("told_in", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["action_id"], ["action.id"]),
        sa.PrimaryKeyConstraint("person_id", "action_id", "deadline", "due_on"),
    )
