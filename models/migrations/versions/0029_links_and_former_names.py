"""Mails that are sent again bear links of their own; what hides names that persons bore once. Additive."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a column, an index and a table."""
    op.add_column("delivery", sa.Column("link_id", sa.Uuid(), nullable=True))
    linked = sa.text("link_id IS NOT NULL")
    op.create_index("delivery_linked", "delivery", ["link_id"], sqlite_where=linked, postgresql_where=linked)
    op.create_table(
        "former_name",
        sa.Column("convention", sa.String(), nullable=False),
        sa.Column("hashed", sa.LargeBinary(), nullable=False),
        sa.Column("words", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("convention", "hashed"),
    )
