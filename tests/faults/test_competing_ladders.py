"""Several sweepers on the same ladders in the same moment: each rung is climbed once, by one of them, and the log stays whole."""

from builders import provision
from faults.rivals import at_once, codes
from faults.truth import rungs_told_twice

from models.events import Stage
from models.tables import Deadline, Event, table
from services.audit import verify
from services.clock import new_id
from services.stages import _chunk

ACTIONS, SWEEPERS = 6, 4


def test_each_rung_is_climbed_once_however_many_sweep(desk):
    numbers = [desk.to_work(provision(title=f"Action {n}")) for n in range(ACTIONS)]
    days = sorted({row.due_at.date() for row in desk.rows(Deadline, kind="milestone")})[:2]
    for day in days:
        desk.watch.go_to(day)
        answers = at_once(*(lambda: _sweep(desk) for _ in range(SWEEPERS)))
        assert codes(answers) == []
        desk.settle()
    climbed = [
        (event.payload["deadline"], event.payload["rung"]) for number in numbers for event in desk.events(number) if "rung" in event.payload
    ]
    assert len(climbed) == len({*climbed}) >= ACTIONS * len(days)
    assert verify(desk.app).findings == ()


def _sweep(desk):
    while _chunk(desk.app, Stage.IMPLEMENTATION):
        pass


def test_a_rung_that_the_log_tells_twice_is_found(light_desk):
    number = light_desk.to_work()
    light_desk.watch.go_to(min(row.due_at for row in light_desk.dues(kind="milestone")).date())
    light_desk.settle()
    [climbed] = [event for event in light_desk.events(number) if event.topic == "milestone.reminded"]
    assert rungs_told_twice(light_desk.app) == []
    again = {**climbed._mapping, "id": new_id(), "seq": climbed.seq + 100}
    again.pop("position")
    with light_desk.app.db.write() as connection:
        connection.execute(table(Event).insert(), again)
    told = climbed.payload
    assert rungs_told_twice(light_desk.app) == [f"told 2 times: rung 1 of deadline {told['deadline']} of {told['due_on']}"]
