"""A review keeps its electorate as it was, and the charter whose rules it follows. Additive."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add two columns that reviews of the release before leave empty."""
    op.add_column("review", sa.Column("frozen", sa.JSON(), nullable=True))
    op.add_column("review", sa.Column("charter_id", sa.Integer(), nullable=True))
