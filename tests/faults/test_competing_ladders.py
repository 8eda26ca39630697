"""Several sweepers on the same ladders in the same moment: each rung is climbed once, by one of them, and the log stays whole."""

from builders import provision
from faults.rivals import at_once, codes

from models.events import Stage
from models.tables import Deadline
from services.audit import verify
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
