import pytest

from models.lifecycle import State


@pytest.mark.parametrize("state", State)
def test_every_state_is_reached_by_people_and_stages(desk, state):
    assert desk.state(desk.reach(state)) is state
