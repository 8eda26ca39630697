"""Persons by their mail address, however it is written. Additive."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add an index."""
    op.create_index("person_address", "person", [sa.text("lower(email)")])
