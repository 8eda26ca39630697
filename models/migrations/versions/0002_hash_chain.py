"""A hash chain over every action's log; keys of requests kept with their events; reactions known by the position of their event.

Additive, so that the release before lives with it: what it writes has no hash until it is sealed, and it sees only its own reactions.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and indexes; only ``reaction`` gets another primary key, and keeps its rows."""
    op.add_column("event", sa.Column("digest", sa.LargeBinary(), nullable=True))
    op.add_column("event", sa.Column("ahead", sa.Integer(), server_default="0", nullable=False))
    op.add_column("event", sa.Column("owed", sa.String(), nullable=True))
    op.add_column("event", sa.Column("hash", sa.LargeBinary(), nullable=True))
    op.add_column("action", sa.Column("head", sa.LargeBinary(), nullable=True))
    op.add_column("action", sa.Column("sealed", sa.Integer(), server_default="0", nullable=False))
    _partial_index("event_owed", "event", ["owed", "position"], "owed IS NOT NULL", unique=False)
    _partial_index("action_unsealed", "action", ["id"], "sealed < version", unique=False)
    _rebuild_reaction()
    op.execute(f"UPDATE event SET owed = ({_OWED_BY}) WHERE position IN (SELECT position FROM reaction WHERE state = 'pending')")
    if op.get_bind().dialect.name == "sqlite":
        op.execute("UPDATE deadline SET due_at = substr(due_at, 1, 19)")
    _follow_older_release()


_OWED_BY = "SELECT stage FROM reaction WHERE reaction.position = event.position"


def _rebuild_reaction() -> None:
    op.drop_index("reaction_pending", table_name="reaction")
    op.rename_table("reaction", "reaction_before")
    former = sa.inspect(op.get_bind()).get_pk_constraint("reaction_before")["name"]
    if former is not None:
        op.drop_constraint(former, "reaction_before", type_="primary")
    op.create_table("reaction", *_columns(), sa.PrimaryKeyConstraint("position"), sa.ForeignKeyConstraint(["event_id"], ["event.id"]))
    names = ", ".join(column.name for column in _columns())
    op.execute(sa.text(f"INSERT INTO reaction ({names}) SELECT {names} FROM reaction_before"))
    op.drop_table("reaction_before")
    _partial_index("reaction_parked", "reaction", ["stage"], "state = 'parked'", unique=False)
    _partial_index("reaction_of_event", "reaction", ["event_id"], "event_id IS NOT NULL", unique=True)


def _follow_older_release() -> None:
    """The release before writes what is owed into ``reaction`` only; until it is gone, the database carries that over to ``event``."""
    follow = "UPDATE event SET owed = CASE WHEN NEW.state = 'pending' THEN NEW.stage END WHERE position = NEW.position;"
    if op.get_bind().dialect.name == "sqlite":
        for name, when in (("inserted", "INSERT"), ("changed", "UPDATE OF state")):
            told = f"CREATE TRIGGER reaction_{name}_by_0001 AFTER {when} ON reaction WHEN NEW.event_id IS NOT NULL"
            op.execute(f"{told} BEGIN {follow} END")
        return
    op.execute(f"CREATE FUNCTION follow_0001() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {follow} RETURN NULL; END $$")
    told = "CREATE TRIGGER reaction_written_by_0001 AFTER INSERT OR UPDATE OF state ON reaction"
    op.execute(f"{told} FOR EACH ROW WHEN (NEW.event_id IS NOT NULL) EXECUTE FUNCTION follow_0001()")


def _columns() -> list[sa.Column[Any]]:
    moment = sa.DateTime(timezone=True)
    return [
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=True),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("not_before", moment, nullable=False),
        sa.Column("settled_at", moment, nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
    ]


def _partial_index(name: str, table: str, columns: list[str], where: str, *, unique: bool) -> None:
    op.create_index(name, table, columns, unique=unique, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
