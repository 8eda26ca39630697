"""What belongs to no action has one open deadline of a kind, whoever plans it. Additive."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None
_OPEN_ABOUT = sa.text("about IS NOT NULL AND settled_at IS NULL")


def upgrade() -> None:
    """Add an index: until now no deadline said what else than an action it is about."""
    op.create_index(
        "deadline_open_about",
        "deadline",
        ["convention", "kind", "about"],
        unique=True,
        sqlite_where=_OPEN_ABOUT,
        postgresql_where=_OPEN_ABOUT,
    )
