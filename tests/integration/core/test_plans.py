"""How SQLite goes about the statements that are carried out often: it never reads through what only grows."""

import importlib
import pkgutil
import re

import notifications
import portal
import services
from models.prepared import Prepared

GROWING = r"SCAN (action|deadline|delivery|document|event|opinion|review|words)\b(?! USING INDEX)"
OF_REPORTS = ("review.convention = ?", "review.id, review.body")
"""The report of delays reads all reviews, as often as somebody opens it."""
LASTING = r"delivery\.state = '?(sent|cancelled|suppressed)"


def prepared():
    """The statements that stand in modules, alone or in a tuple or a table."""
    for package in (services, notifications, portal):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                for value in vars(importlib.import_module(module.name)).values():
                    several = value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else (value,)
                    yield from (each for each in several if isinstance(each, Prepared))


def plans_of(app):
    """Each prepared question as SQLite spells it, with the lines of its plan."""
    with app.db.read() as connection:
        for statement in prepared():
            sql = statement.form(connection.dialect).sql
            if sql.startswith("SELECT"):
                asked = f"EXPLAIN QUERY PLAN {sql}"
                yield sql, [row[3] for row in connection.connection.dbapi_connection.execute(asked, (1,) * sql.count("?"))]


def test_no_prepared_question_reads_through_all_that_ever_happened(light_app):
    plans = dict(plans_of(light_app))
    assert len(plans) > 100
    through = {sql: plan for sql, plan in plans.items() if any(re.search(GROWING, line) for line in plan)}
    assert [sql for sql in through if not any(part in sql for part in OF_REPORTS)] == []


def test_no_prepared_question_begins_with_all_messages_that_ever_left(light_app):
    by_state = [sql for sql, plan in plans_of(light_app) if any("ix_delivery_state" in line for line in plan)]
    assert [sql for sql in by_state if re.search(LASTING, sql)] == []
