"""Who was chased by a secretary, what is overdue and what is set aside, each by an index. Additive."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None
_ASKED_AND_SENT = sa.text(
    "message IN ('opinion-requested', 'opinion-reminder', 'review-extended', 'review-moved', 'opinion-chased') AND state = 'sent'"
)

_OPEN, _PARKED = sa.text("settled_at IS NULL"), sa.text("settled_at IS NULL AND tries >= 5")


def upgrade() -> None:
    """Make an index anew, over one more message, and add two."""
    op.drop_index("delivery_asked", "delivery")
    columns = ["event_id", "person_id", "settled_at"]
    op.create_index("delivery_asked", "delivery", columns, sqlite_where=_ASKED_AND_SENT, postgresql_where=_ASKED_AND_SENT)
    op.create_index("deadline_open_on", "deadline", ["convention", "due_on"], sqlite_where=_OPEN, postgresql_where=_OPEN)
    op.create_index("deadline_parked", "deadline", ["convention"], sqlite_where=_PARKED, postgresql_where=_PARKED)
