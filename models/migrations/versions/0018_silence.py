"""Actions without news are found by the event that noted it, and go on agendas as such; who was not found to tell is kept. Adds columns and an index."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None
_NEGLECTED = sa.text("topic = 'action.neglected'")


def upgrade() -> None:
    """Add two columns and an index."""
    op.add_column("agenda_item", sa.Column("silent_since", sa.Date(), nullable=True))
    op.add_column("fanout", sa.Column("unowned", sa.JSON(), nullable=True))
    op.create_index(
        "event_neglected", "event", ["convention", "action_id", "seq"], sqlite_where=_NEGLECTED, postgresql_where=_NEGLECTED
    )
