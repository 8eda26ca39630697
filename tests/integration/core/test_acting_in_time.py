"""Whatever falls due, whoever acts and whenever mails leave: nobody is asked for, or chased for, what they have done before the message left."""

import shutil
from collections import Counter
from dataclasses import replace
from itertools import count

import pytest
from builders import CLERK, PILOT, Desk, Ids, Watch, provision, settings_of
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from models.lifecycle import State
from models.tables import Action, Deadline, Delivery, Event, Reservation
from services.bootstrap import open_app
from services.clock import Clock
from services.forms import FinalReportForm, ResubmitForm, StartForm
from services.review_forms import LiftReservationForm
from services.stages import run_deliveries
from services.timelapse.outbox import Outbox

DONE_BY = {
    **dict.fromkeys(("action.returned", "completion.reminded", "completion.delayed"), "action.resubmitted"),
    **dict.fromkeys(("start.reminded", "start.delayed"), "action.started"),
    **dict.fromkeys(("progress.requested", "progress.reminded", "progress.delayed", "action.neglected"), "progress.reported"),
    **dict.fromkeys(("milestone.reminded", "milestone.passed"), "progress.reported"),
    **dict.fromkeys(("reservation.reminded", "reservation.delayed"), "reservation.lifted"),
    **dict.fromkeys(("final_report.requested", "final_report.reminded", "final_report.delayed"), "final_report.filed"),
}
"""What asks for something, and the act that does it."""


def has_done(act, asked):
    """Whether an event is the act that an earlier one of its action asked for."""
    if act.action_id != asked.action_id or act.seq < asked.seq or act.topic != DONE_BY[asked.topic]:
        return False
    if asked.topic.startswith("milestone."):
        return asked.payload["subject"] in act.payload["reached"]
    return not asked.topic.startswith("reservation.") or act.payload["reservation"] == asked.payload["reservation"]


class ActingInTime(RuleBasedStateMachine):
    """Days come, people act or do not, and mails leave now and then."""

    def __init__(self, template, folder, became):
        super().__init__()
        shutil.copy(template, folder / "passerelle.db")
        app = open_app(settings_of(folder, f"sqlite:///{folder / 'passerelle.db'}"))
        watch = Watch()
        app = replace(app, clock=Clock(app.clock._offset, watch), ids=Ids(1_000_000), outlet=Outbox())
        self.desk, self.became = Desk(app, watch, count(10_000)), became
        self.sent = {row.id for row in self.desk.rows(Delivery, state="sent")}

    def teardown(self):
        self.became.update(row.state for row in self.desk.rows(Delivery) if row.message != "opinion-requested")
        self.desk.app.close()

    @rule(data=st.data())
    def something_falls_due_and_people_act_or_do_not(self, data):
        self.fall_due()
        numbers = [row.number for row in self.desk.rows(Action)]
        for number in data.draw(st.lists(st.sampled_from(numbers), max_size=3, unique=True)):
            self.act(self.desk.action(number), data.draw(st.booleans()))
        if data.draw(st.booleans()):
            self.mails_leave()

    def fall_due(self):
        """Go on to the next moment at which something is to be done."""
        now = self.desk.watch.moment
        self.desk.watch.moment = min(
            (row.due_at for row in self.desk.rows(Deadline, settled_at=None) if row.due_at and row.due_at > now), default=now
        )
        self.desk.settle()

    def act(self, action, thoroughly):
        """Let somebody do what an action waits for, if it does."""
        ask, number = self.desk.ask, action.number
        open_ones = [row.number for row in self.desk.rows(Reservation, action_id=action.id, lifted_on=None, lapsed_on=None)]
        if thoroughly and open_ones:
            ask(LiftReservationForm(seat=CLERK, action=number, reservation=open_ones[0], reason="Répondu"))
        match action.state:
            case State.RETURNED:
                ask(ResubmitForm(seat=CLERK, action=number, description="Complétée", reason="Complétée"))
            case State.APPROVED:
                ask(StartForm(seat=PILOT, action=number))
            case State.IN_PROGRESS:
                self.desk.report(number, seat=PILOT, reached=(1,) if thoroughly else ())
            case State.FINAL_REPORT_DUE:
                ask(FinalReportForm(seat=PILOT, action=number, results="Résultats", lessons="Leçons"))

    def mails_leave(self):
        self.desk.watch.advance(minutes=11)
        run_deliveries(self.desk.app, holder="test", gate=lambda: None)
        log = {event.id: event for event in self.desk.rows(Event)}
        newly = [row for row in self.desk.rows(Delivery, state="sent") if row.id not in self.sent]
        asked = [log[row.event_id] for row in newly if row.event_id and log[row.event_id].topic in DONE_BY]
        assert [(one.topic, act.seq) for one in asked for act in log.values() if has_done(act, one)] == []
        self.sent |= {row.id for row in newly}


@pytest.fixture
def under_way(light_desk, tmp_path):
    """A database with an action that waits for each thing that can be asked for, and no mail sent yet."""
    light_desk.reach(State.RETURNED)
    light_desk.decide(light_desk.reserving("COTECH-01"), "approve")
    light_desk.to_work(provision(report_every_months=1))
    light_desk.to_work(provision(report_every_months=2))
    light_desk.to_final_report()
    light_desk.settle()
    light_desk.app.close()
    return tmp_path / "passerelle.db"


def test_nothing_leaves_that_asks_for_what_was_done_already(under_way, tmp_path):
    folders, became = count(1), Counter()

    def machine():
        folder = tmp_path / str(next(folders))
        folder.mkdir()
        return ActingInTime(under_way, folder, became)

    # A failing order is told as it was found: making it shorter would take minutes.
    bounds = settings(max_examples=8, stateful_step_count=20, deadline=None, phases=[Phase.generate])
    run_state_machine_as_test(machine, settings=bounds)
    assert became["sent"]
    assert became["cancelled"]
