import time

import pytest
from builders import CLERK, propose_form

from models.events import Stage, Topic
from services.forms import CompleteForm, RegisterForm
from services.wakes import STAGES

pytestmark = pytest.mark.prefect
LONG_ENOUGH = 4.0
"""Seconds in which a stage that is not paused has run at least once."""


def propose(system):
    return system.desk.propose()


def under_review(system):
    """The review is open; the review stage has not asked anybody yet."""
    number = system.desk.propose()
    system.desk.run(Stage.PROPOSAL)
    return number


def register(system):
    form = propose_form(form=RegisterForm, reference="Délibération 12", reason="Commencée avant la convention")
    return system.desk.ask(form).number


def complete(system):
    number = system.desk.to_work()
    system.desk.ask(CompleteForm(seat=CLERK, action=number, reason="Tout est fait"))
    return number


ACTS = {
    Stage.PROPOSAL: (propose, Topic.REVIEW_OPENED),
    Stage.COMMITTEE_REVIEW: (under_review, None),
    Stage.IMPLEMENTATION: (register, None),
    Stage.REPORTING: (complete, Topic.FINAL_REPORT_REQUESTED),
}
"""What makes work for a stage, and the event of its automatic step where it is more than a message."""


def deliveries_of(system, number):
    wanted = "SELECT d.unique_key FROM delivery d JOIN event e ON e.id = d.event_id JOIN action a ON a.id = e.action_id WHERE a.number = ?"
    with system.app.db.read() as connection:
        return connection.exec_driver_sql(wanted, (number,)).scalars().all()


@pytest.mark.parametrize("stage", list(Stage))
def test_a_paused_stage_takes_no_automatic_step_and_resumed_it_takes_each_once(system, stage):
    act, step = ACTS[stage]
    system.api.pause(f"{stage}/stage")
    try:
        number = act(system)
        before = system.desk.topics(number), deliveries_of(system, number)
        with system.relay():
            pressed = system.run(f"{stage}/stage")
            time.sleep(LONG_ENOUGH)
        assert (system.desk.topics(number), deliveries_of(system, number)) == before
        assert pressed.name == f"{stage}: paused, nothing done"
        assert stage in system.work()
    finally:
        system.api.resume(f"{stage}/stage")
    with system.relay():
        system.at_rest()
    told = deliveries_of(system, number)
    assert len(told) > len(before[1])
    assert len(told) == len(set(told))
    if step is not None:
        assert system.desk.topics(number).count(step) == 1


def test_with_every_stage_paused_the_relay_wakes_nobody(system, since):
    for stage in STAGES:
        system.api.pause(f"{stage}/stage")
    try:
        system.desk.propose()
        with system.relay():
            time.sleep(LONG_ENOUGH)
        assert [run.name for stage in STAGES for run in system.runs(stage, since) if "auto-scheduled" not in run.tags] == []
    finally:
        for stage in STAGES:
            system.api.resume(f"{stage}/stage")
