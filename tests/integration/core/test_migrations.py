"""A database brought up by the migrations is the one that the tables describe."""

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlmodel import SQLModel

from models.database import Database
from models.migrations import upgrade
from models.tables import DERIVED, LEAD_OF, Event, table

pytestmark = [  # SQLAlchemy reads no such index
    pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index"),
    pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based index"),
]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty(request, tmp_path):
    """A database without anything in it, on each kind."""
    sqlite = f"sqlite:///{tmp_path / 'empty.db'}"
    db = Database(sqlite if request.param == "sqlite" else request.getfixturevalue("empty_postgres"))
    yield db
    db.close()


def test_the_migrations_lead_to_the_tables(empty):
    upgrade(empty.engine)
    with empty.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        own = ("action_lead", "document_lexemes", "lexemes", "'search", "search_")  # the migrations' alone: no two databases have the same
        differing = compare_metadata(context, [SQLModel.metadata, DERIVED])  # type: ignore[arg-type]  # as its environments take several
        assert [found for found in differing if not any(name in str(found) for name in own)] == []


def test_the_database_itself_notes_whose_texts_change(empty):
    upgrade(empty.engine)
    with empty.engine.connect() as connection:
        known = {
            "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
            "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
        }
        found = set(connection.exec_driver_sql(known[connection.dialect.name]).scalars())
    assert found >= {"action_new", "action_rewritten", "attachment_new", "attachment_renamed", "decision_new", "decision_changed"}


def test_the_actions_of_a_person_are_found_by_an_index_of_their_own(empty):
    upgrade(empty.engine)
    with empty.engine.connect() as connection:
        connection.exec_driver_sql("SET enable_seqscan = off" if connection.dialect.name == "postgresql" else "ANALYZE")
        query = f"SELECT number FROM action WHERE {LEAD_OF[connection.dialect.name]} = 'pilote'"  # noqa: S608  # words of ours
        explain = "EXPLAIN" if connection.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
        assert "action_lead" in str(connection.exec_driver_sql(f"{explain} {query}").all())


def test_who_shares_an_address_is_found_by_an_index(empty):
    upgrade(empty.engine)
    with empty.engine.connect() as connection:
        connection.exec_driver_sql("SET enable_seqscan = off" if connection.dialect.name == "postgresql" else "ANALYZE")
        explain = "EXPLAIN" if connection.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
        plan = connection.exec_driver_sql(f"{explain} SELECT id FROM person WHERE lower(email) = 'a@ville.example'").all()  # noqa: S608  # words of ours
        assert "person_address" in str(plan)


def test_partial_indexes_keep_their_conditions(empty):
    upgrade(empty.engine)
    found = {
        index["name"]: str((index.get("dialect_options") or {}).get(f"{empty.engine.dialect.name}_where"))
        for name in (
            "action",
            "event",
            "milestone",
            "reaction",
            "review",
            "deadline",
            "delivery",
            "bounce",
            "feed",
            "preference",
            "blocker",
            "webhook_delivery",
        )
        for index in sa.inspect(empty.engine).get_indexes(name)
    }
    partial = {name: text for name, text in found.items() if text != "None"}
    assert sorted(partial) == [
        "action_superseded",
        "action_unsealed",
        "blocker_stands",
        "bounce_suppressed",
        "deadline_about",
        "deadline_due",
        "deadline_open_about",
        "deadline_open_on",
        "deadline_parked",
        "delivery_asked",
        "delivery_folded",
        "delivery_linked",
        "delivery_unsent",
        "delivery_waiting",
        "event_neglected",
        "event_owed",
        "event_unpublished",
        "feed_of_body",
        "feed_of_person",
        "milestone_due",
        "preference_ahead",
        "reaction_of_event",
        "reaction_parked",
        "review_open",
        "webhook_delivery_settled",
        "webhook_delivery_waiting",
    ]


def test_upgrading_again_changes_nothing(empty):
    upgrade(empty.engine)
    upgrade(empty.engine)
    with empty.engine.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(table(Event))).scalar_one() == 0
