"""Long stories of committees are told on SQLite; on PostgreSQL they are left to the slow tests."""

from pathlib import Path

import pytest

HERE = Path(__file__).parent
STORIES = (
    "test_body_deadlines.py",
    "test_cadence.py",
    "test_chases.py",
    "test_conflicts.py",
    "test_deliberations.py",
    "test_discretion.py",
    "test_early_opinions.py",
    "test_feeds.py",
    "test_forms_as_commands.py",
    "test_known_pitfalls.py",
    "test_meetings.py",
    "test_moved_meetings.py",
    "test_operators_report.py",
    "test_own_deadlines.py",
    "test_proxies.py",
    "test_reckonings.py",
    "test_rectification.py",
    "test_reservations.py",
    "test_reviews.py",
    "test_seating.py",
    "test_silence.py",
    "test_standing_in.py",
    "test_superseding.py",
    "test_work_under_way.py",
    "test_written_procedure.py",
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """What the services ask the database is tried on both kinds by the other files here."""
    for item in items:
        if item.path.parent == HERE and item.path.name in STORIES and "postgres" in item.keywords:
            item.add_marker(pytest.mark.slow)
