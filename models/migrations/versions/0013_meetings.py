"""Meetings with a log of their own, the attendance at a review, and which action takes the place of another. Additive."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add four tables and two columns."""
    op.create_table(
        "meeting",
        sa.Column("id", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("convention", "number", "body", "state")),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("starts_at", sa.String(), nullable=False),
        sa.Column("place_id", sa.Uuid(), nullable=True),
        sa.Column("link_id", sa.Uuid(), nullable=True),
        sa.Column("second_of", sa.String(), nullable=True),
        sa.Column("charter_id", sa.Integer(), nullable=True),
        sa.Column("convened_on", sa.Date(), nullable=True),
        *(sa.Column(name, sa.JSON(), nullable=True) for name in ("notice", "attendance", "quorum")),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("convention", "number"),
    )
    op.create_index("meeting_of_body", "meeting", ["convention", "body", "held_on"])
    op.create_table(
        "agenda_item",
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("action_id", sa.Integer(), nullable=True),
        sa.Column("words_id", sa.Uuid(), nullable=True),
        sa.Column("follows", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"]),
        sa.ForeignKeyConstraint(["action_id"], ["action.id"]),
        sa.PrimaryKeyConstraint("meeting_id", "position"),
    )
    op.create_index("ix_agenda_item_action_id", "agenda_item", ["action_id"])
    op.create_table(
        "meeting_event",
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("convention", sa.String(), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("record", sa.String(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"]),
        sa.PrimaryKeyConstraint("position"),
        sa.UniqueConstraint("id"),
        sa.UniqueConstraint("meeting_id", "seq"),
    )
    op.create_table(
        "meeting_words",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("convention", sa.String(), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("author_seat", sa.String(), nullable=True),
        sa.Column("salt", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_meeting_words_meeting_id", "meeting_words", ["meeting_id"])
    op.add_column("action", sa.Column("superseded_by", sa.String(), nullable=True))
    given = sa.text("superseded_by IS NOT NULL")
    op.create_index(
        "action_superseded", "action", ["convention", "superseded_by"], sqlite_where=given, postgresql_where=given
    )
    op.add_column("review", sa.Column("attendance", sa.JSON(), nullable=True))
