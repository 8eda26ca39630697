"""A convention at work, on each database."""

import pytest
from builders import Desk
from foretold import Life, at_work, with_choices


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Whole seasons hour by hour are told on SQLite; on PostgreSQL they are left to the slow tests."""
    for item in items:
        if "day_by_day" in item.name and "postgres" in item.keywords:
            item.add_marker(pytest.mark.slow)


@pytest.fixture
def life(desk, sink) -> Life:
    """A convention at work on each database, all its mails gone out."""
    return _life(desk, sink)


@pytest.fixture
def light_life(light_desk, sink) -> Life:
    """The same on SQLite only."""
    return _life(light_desk, sink)


def _life(desk: Desk, sink) -> Life:
    desk.through(sink.url)
    at_work(desk)
    with_choices(desk)
    life = Life(desk)
    life.quieten()
    desk.watch.advance(hours=2, minutes=17)
    return life
