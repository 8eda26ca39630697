"""How people wish to be told, addresses that mail no longer reaches, and how many deliveries each event calls for. Additive."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None
_WAITING = sa.text("state IN ('scheduled', 'held')")
_FOLDED = sa.text("folded_into IS NOT NULL")
_SUPPRESSED = sa.text("suppressed_at IS NOT NULL")


def upgrade() -> None:
    """Add five tables, five columns and three indexes."""
    op.create_table(
        "preference",
        sa.Column("person_id", sa.Integer(), autoincrement=False, nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("convention", "rhythm")),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("hour", "weekday")),
        *(sa.Column(name, sa.Integer(), nullable=True) for name in ("quiet_from", "quiet_until")),
        sa.Column("days_off", sa.Boolean(), nullable=False),
        sa.Column("at_most", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("person_id"),
    )
    op.create_table(
        "wish",
        sa.Column("person_id", sa.Integer(), autoincrement=False, nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("kind", "channel", "convention", "wish")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("person_id", "kind", "channel"),
    )
    op.create_table(
        "mute",
        sa.Column("person_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("action_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("convention", sa.String(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["action_id"], ["action.id"]),
        sa.PrimaryKeyConstraint("person_id", "action_id"),
    )
    op.create_table(
        "bounce",
        sa.Column("person_id", sa.Integer(), autoincrement=False, nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("address", "convention")),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("hard", "soft")),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("status", sa.String(), nullable=True),
        sa.Column("suppressed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("person_id", "address"),
    )
    op.create_index("bounce_suppressed", "bounce", ["convention"], sqlite_where=_SUPPRESSED, postgresql_where=_SUPPRESSED)
    op.create_table(
        "fanout",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("convention", sa.String(), nullable=False),
        sa.Column("charter_id", sa.Integer(), nullable=False),
        sa.Column("expected", sa.Integer(), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["charter_id"], ["charter.id"]),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"]),
        sa.PrimaryKeyConstraint("event_id"),
    )
    op.add_column("person", sa.Column("channel", sa.String(), nullable=True))
    op.add_column("delivery", sa.Column("reason", sa.String(), nullable=True))
    op.add_column("delivery", sa.Column("folded_into", sa.Uuid(), nullable=True))
    op.add_column("home", sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("home", sa.Column("stopped_why", sa.String(), nullable=True))
    op.create_index("delivery_told", "delivery", ["person_id", "created_at"])
    op.create_index("delivery_waiting", "delivery", ["not_before"], sqlite_where=_WAITING, postgresql_where=_WAITING)
    op.create_index("delivery_folded", "delivery", ["folded_into"], sqlite_where=_FOLDED, postgresql_where=_FOLDED)
