"""When a step that should happen by itself does not: said in figures, within the time that it may take."""

import pytest
from builders import CHARTER

from cli.play_watch import Stuck, Watch
from models.commands import Via
from services.bootstrap import open_app
from services.charters import read_charter
from services.forms import ProposeForm
from services.prefect_api import PrefectApi
from services.queries import show_action
from services.requests import send

pytestmark = [pytest.mark.prefect, pytest.mark.slow, pytest.mark.timeout(600)]


def test_a_stage_held_back_is_told_by_what_it_leaves_and_all_is_caught_up_once_it_goes_on(rehearsal):
    axis = read_charter(CHARTER).axes[0].code
    app = open_app(rehearsal.settings)
    with PrefectApi.of(rehearsal.settings) as api:
        api.pause("proposal/stage")
        try:
            proposed = send(app, ProposeForm(seat="COTECH-02", title="Une idée", axis=axis), key=str(app.ids()), via=Via.PLAY)
            with pytest.raises(Stuck) as stuck:
                Watch(app, api, patience=3).settle()
        finally:
            api.resume("proposal/stage")
        assert (stuck.value.problem.code, stuck.value.problem.params["unreacted"]) == ("play.stuck", 1)
        Watch(app, api).settle()
    assert show_action(app, proposed.number)["state"] == "returned"
    app.close()
