"""What the portal needs: a secret that signs links, sign-ins, from when on somebody's links hold, and absences. Additive."""

import secrets

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add two columns, two tables, and indexes for what the pages ask."""
    op.add_column("home", sa.Column("secret", sa.LargeBinary(), nullable=True))
    op.get_bind().execute(sa.text("UPDATE home SET secret = :secret"), {"secret": secrets.token_bytes(32)})
    op.add_column("person", sa.Column("links_from", UTCDateTime(), nullable=True))
    op.create_table(
        "signin",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("began_at", UTCDateTime(), nullable=False),
        sa.Column("seen_at", UTCDateTime(), nullable=False),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("key"),
        sa.UniqueConstraint("delivery_id"),
    )
    op.create_index("ix_signin_person_id", "signin", ["person_id"])
    op.create_table(
        "absence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("convention", sa.String(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("deputy_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["deputy_id"], ["seat.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("absence_now", "absence", ["convention", "ends_on"])
    op.create_index("ix_absence_person_id", "absence", ["person_id"])
    op.drop_index("ix_action_state", table_name="action")
    op.create_index("action_by_state", "action", ["convention", "state", "number"])
    for name, table, columns, where in (
        ("milestone_due", "milestone", ["due_on"], "reached_on IS NULL"),
        ("review_open", "review", ["convention", "body", "due_on"], "closed_on IS NULL"),
    ):
        op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
    lead = {"sqlite": "json_extract(sheet, '$.lead_person')", "postgresql": "(sheet ->> 'lead_person')"}[op.get_bind().dialect.name]
    op.create_index("action_lead", "action", [sa.text(lead), "number"])
