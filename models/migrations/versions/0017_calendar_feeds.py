"""Addresses at which people and bodies read their calendars. Additive."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None
_STANDING = sa.text("revoked_at IS NULL")


def upgrade() -> None:
    """Add a table and two indexes."""
    op.create_table(
        "feed",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("convention", sa.String(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("body", sa.String(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("feed_of_person", "feed", ["person_id"], unique=True, sqlite_where=_STANDING, postgresql_where=_STANDING)
    op.create_index("feed_of_body", "feed", ["convention", "body"], unique=True, sqlite_where=_STANDING, postgresql_where=_STANDING)
