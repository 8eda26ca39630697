"""A deadline keeps its place on the ladder of its reminders, says what settled it, and may belong to what is no action. Additive."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None
_ABOUT = sa.text("about IS NOT NULL")
_OPEN = sa.text("settled_at IS NULL")
_BEFORE = sa.Table(
    "deadline",
    sa.MetaData(),
    sa.Column("id", sa.Integer(), primary_key=True, nullable=False),
    sa.Column("convention", sa.String(), nullable=False),
    sa.Column("action_id", sa.Integer(), sa.ForeignKey("action.id"), nullable=False),
    sa.Column("stage", sa.String(), nullable=False),
    sa.Column("kind", sa.String(), nullable=False),
    sa.Column("subject", sa.Integer()),
    sa.Column("body", sa.String()),
    sa.Column("due_on", sa.Date(), nullable=False),
    sa.Column("due_at", UTCDateTime(), nullable=False),
    sa.Column("settled_at", UTCDateTime()),
    sa.Column("outcome", sa.String()),
    sa.Column("tries", sa.Integer(), nullable=False),
    sa.Column("not_before", UTCDateTime()),
    sa.Index("deadline_due", "stage", "due_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
    sa.Index("ix_deadline_action_id", "action_id"),
)
"""Said, and not read from the database: what SQLite tells of its indexes is not all of it."""


def upgrade() -> None:
    """Add columns. What the release before has planned finds its place on a ladder later (``services.former_dues``): its workers may still run."""
    with op.batch_alter_table("deadline", copy_from=_BEFORE) as deadline:
        deadline.add_column(sa.Column("about", sa.String()))
        deadline.add_column(sa.Column("rung", sa.Integer(), nullable=False, server_default="-1"))
        deadline.add_column(sa.Column("asked_by", sa.Uuid()))
        deadline.add_column(sa.Column("told_on", sa.Date()))
        deadline.add_column(sa.Column("settled_by", sa.Uuid()))
        deadline.alter_column("action_id", existing_type=sa.Integer(), nullable=True)
        deadline.alter_column("due_at", existing_type=UTCDateTime(), nullable=True)
    op.create_index("deadline_about", "deadline", ["convention", "about"], sqlite_where=_ABOUT, postgresql_where=_ABOUT)
    op.execute("UPDATE deadline SET rung = 2 WHERE kind = 'milestone' AND outcome = 'note_milestone'")
