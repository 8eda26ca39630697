"""Since when a deadline without an action has had its day: calendars number its changes by it. Additive."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a column."""
    op.add_column("deadline", sa.Column("planned_at", UTCDateTime(), nullable=True))
