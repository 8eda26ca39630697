"""What waits for its hour is found without what waits for a digest, which is found with that. Narrows an index."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None
_WAITING = sa.text("state IN ('scheduled', 'held') AND folded_into IS NULL")


def upgrade() -> None:
    """Make an index anew."""
    op.drop_index("delivery_waiting", "delivery")
    op.create_index("delivery_waiting", "delivery", ["not_before"], sqlite_where=_WAITING, postgresql_where=_WAITING)
