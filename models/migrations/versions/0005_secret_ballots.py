"""The votes of an open secret ballot, counted by choice. Additive."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a column that every other review leaves empty."""
    op.add_column("review", sa.Column("urn", sa.JSON(), nullable=True))
