"""Who was asked for an opinion when, by an index alone. Additive."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None
_ASKED_AND_SENT = sa.text("message IN ('opinion-requested', 'opinion-reminder', 'review-extended', 'review-moved') AND state = 'sent'")


def upgrade() -> None:
    """Add an index."""
    columns = ["event_id", "person_id", "settled_at"]
    op.create_index("delivery_asked", "delivery", columns, sqlite_where=_ASKED_AND_SENT, postgresql_where=_ASKED_AND_SENT)
