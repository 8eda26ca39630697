import pytest

from models.lifecycle import State


@pytest.mark.postgres
@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
@pytest.mark.parametrize("state", State)
def test_every_state_is_reached_on_postgresql_as_on_sqlite(desk, state):
    assert desk.state(desk.reach(state)) is state
