"""Whatever people ask, in whatever order: the real services against the rules written down a second time, and what must always hold."""

import shutil
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest
from builders import CLERK, PILOT, STEERING_CLERK, Desk, Ids, Watch, provision, settings_of
from holidays import country_holidays
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from models.commands import COMMANDS
from models.errors import Conflict, Refused
from models.lifecycle import TRANSITIONS, State, Verb, Who
from models.tables import Action, Attachment, Blocker, Decision, Deliberation, Event, Milestone, Opinion, Report, Reservation, Review, Seat
from models.tables import Conflict as Interest
from services.bootstrap import open_app
from services.clock import Clock
from services.deadline_kinds import NATURE
from services.dispatch import execute

SHEETS = (provision(7), provision(6), provision(7, description=None))
SEATS = (CLERK, STEERING_CLERK, PILOT, "COTECH-01", "GT-INCLUSION-02", "COPIL-09", None)
SERVES = {
    CLERK: ("cotech", "gt-inclusion"),
    STEERING_CLERK: ("copil",),
    "GT-INCLUSION-02": ("gt-inclusion",),
}
BODIES = ("cotech", "copil", "gt-inclusion", None)
NEEDS_REASONS = ("with_reservations", "unfavourable", "adjournment")
ASKED = tuple(verb for verb in Verb if (None, verb) not in TRANSITIONS and verb is not Verb.CHASE)
"""A chase moves nothing, and hangs on whom messages have reached: test_chases.py is about it."""
IN_CHARGE = {State.TECHNICAL_REVIEW: ("cotech",), State.STEERING_REVIEW: ("copil",)}

OPINION_DAYS = {"cotech": 15, "copil": 20}
HOLIDAYS = country_holidays("FR")


def workday(start, *spans):
    """So many working days later."""
    for _ in range(sum(spans)):
        start += timedelta(days=1)
        while start.weekday() > 4 or start in HOLIDAYS:
            start += timedelta(days=1)
    return start


VOTERS = ["COTECH-01", "COTECH-03", "COPIL-01", "GT-INCLUSION-01"]
REST = st.fixed_dictionaries(
    {
        "days_ago": st.sampled_from([0, 0, 0, 0, 0, 0, 2, -1]),
        "late": st.booleans(),
        "reason": st.sampled_from([True, True, False]),
        "behind": st.sampled_from([None, None, None, 0, 1]),
        "voter": st.sampled_from(VOTERS),
        "opinion": st.sampled_from(["favourable", "with_reservations", "unfavourable", "adjournment"]),
        "number": st.integers(1, 6),
        "parts": st.sets(st.sampled_from(["results", "lessons"])),
    }
)


@st.composite
def questions(draw, state):
    """What somebody asks of an action in this state: three times out of four something that makes sense, for a start."""
    legal = [verb for verb in ASKED if (state, verb) in TRANSITIONS]
    sensible = draw(st.integers(0, 3)) > 0
    verb = draw(st.sampled_from(legal if sensible else ASKED))
    steering = verb is Verb.OPEN_STEERING_REVIEW or state is State.STEERING_REVIEW
    body = draw(st.sampled_from([*("copil" if steering else "cotech",) * (9 if sensible else 0), *BODIES]))
    move = TRANSITIONS.get((state, verb))
    clerk = None if move and move.who == {Who.SYSTEM} else STEERING_CLERK if body == "copil" else CLERK
    seat = draw(st.sampled_from([*(clerk,) * (12 if sensible else 0), *SEATS]))
    return draw(REST) | {"verb": verb, "seat": seat, "body": body}


OF_DEADLINES = [verb for nature in NATURE.values() for verb in (nature.before, nature.after) if verb is not None]
"""What only a deadline may note."""


class World:
    """What is known of one action, read from the rows, and the rules on it in the test's own words."""

    def __init__(self, desk, action, asked):
        self.action, self.asked, self.today = action, asked, desk.today
        self.state = State(action.state)
        self.lead = action.sheet["lead_person"]
        rounds = sorted(desk.rows(Review, action_id=action.id), key=lambda row: row.round)
        self.reviews = {row.body: row for row in rounds}
        self.answered = {
            body: {row.seat for row in desk.rows(Opinion, review_id=review.id, superseded=False)} for body, review in self.reviews.items()
        }
        self.person_of = {row.code: row.person_id for row in desk.rows(Seat)}
        self.body_of = {row.code: row.body for row in desk.rows(Seat)}
        self.out = {self.person_of[row.seat] for row in desk.rows(Interest, action_id=action.id, withdrawn_on=None)}
        self.filed = {row.kind.removeprefix("final_") for row in desk.rows(Report, action_id=action.id, superseded=False)}
        self.referred = bool(desk.rows(Decision, action_id=action.id, outcome="refer"))
        self.files = {row.sha256 for row in desk.rows(Attachment, action_id=action.id)}
        self.open_milestones = [row for row in desk.rows(Milestone, action_id=action.id) if row.reached_on is None]
        standing = [desk.rows(kind, action_id=action.id, superseded=False) for kind in (Decision, Report)]
        standing += [desk.rows(Opinion, review_id=row.id, superseded=False) for row in rounds]
        self.reserved = {row.number: row for row in desk.rows(Reservation, action_id=action.id, lifted_on=None, lapsed_on=None)}
        self.blocked = {row.number for row in desk.rows(Blocker, action_id=action.id, lifted_on=None)}
        self.deliberations = desk.rows(Deliberation, action_id=action.id, superseded=False)
        self.bodies = {row.id: row.body for row in rounds}
        self.facts = {row.event_id for rows in standing for row in rows}

    # --- what a command carries -------------------------------------------------------------------------------------------------
    def fields(self, events):
        """The fields that the verb's command takes, out of what was drawn."""
        asked = self.asked
        drawn = {
            "voter": asked["voter"],
            "concerned": asked["voter"],
            "giver": asked["voter"],
            "holder": "COTECH-04",
            "kind": "other" if asked["number"] > 3 else "employer",  # one kind in two has to be put in words
            "reservation": asked["number"],
            "blocker": asked["number"],
            "since": self.today + timedelta(days=2 - asked["number"]),
            "partner": "ville" if asked["number"] < 5 else "region",
            "deliberation": "adopted",
            "decided_on": self.today + timedelta(days=asked["number"] - 3),
            "reference": "Délibération 118",
            "successor": "A-2026-999",
            "document": f"{asked['number']:064x}",
            "until": self.until(),
            "opinion": asked["opinion"],
            "sheet": provision(7, indicators=f"Indicateur {asked['number']}") if asked["verb"] is Verb.AMEND else None,
            "file_name": "plan.pdf",
            "media_type": "application/pdf",
            "size": 1,
            "sha256": f"{asked['number']:064x}",
            "percent": 10,
            "summary": "Un pas de plus",
            "reached": (asked["number"],),
            "event": events[asked["number"] % len(events)].id,
            "words": "Autrement dit",
            **dict.fromkeys(asked["parts"], "Texte"),
        }
        taken = COMMANDS.get(asked["verb"])
        left_out = {"opinion", "percent", "reference"} if asked["verb"] is Verb.RECTIFY else set()
        return {name: value for name, value in drawn.items() if taken and name in taken.model_fields and name not in left_out}

    def until(self):
        """A last day around the present one."""
        review = self.reviews.get(self.asked["body"])
        return (review.due_on if review else self.today) + timedelta(days=5 * self.asked["number"] - 9)

    # --- the rules --------------------------------------------------------------------------------------------------------------
    def permits(self, events):
        move = TRANSITIONS.get((self.state, self.asked["verb"]))
        return move is not None and bool(move.who & self.capacities()) and self.dated() and self.meets(events)

    def capacities(self):
        seat = self.asked["seat"]
        if seat is None:
            return {Who.SYSTEM}
        held = {
            Who.SECRETARY: seat in SERVES,
            Who.MEMBER: seat in (PILOT, "COTECH-01"),
            Who.BODY_SECRETARY: self.body_served() in SERVES.get(seat, ()),
            Who.RESERVER: self.named() is not None and self.named().seat == seat,
            Who.CONCERNED: self.is_about_conflicts() and self.person_of[seat] == self.person_of[self.asked["voter"]],
            Who.VOTER: seat == self.asked["voter"],
            Who.GIVER: seat == self.asked["voter"],
            Who.HOLDER: seat == "COTECH-04",
            Who.PROPOSER: seat == self.action.proposer_seat,
            Who.LEAD: seat == PILOT and self.lead == "pilote-equipements",
        }
        return {who for who, yes in held.items() if yes}

    def body_served(self):
        """The body whose secretary may ask."""
        if self.asked["verb"] is Verb.LIFT_RESERVATION:
            return self.bodies[self.named().review_id] if self.named() else None
        return self.body_of[self.asked["voter"]] if self.is_about_conflicts() else self.asked["body"]

    def named(self):
        """The reservation that the command is about, if it stands."""
        about = self.asked["verb"] is Verb.LIFT_RESERVATION
        return self.reserved.get(self.asked["number"]) if about else None

    def is_about_conflicts(self):
        return self.asked["verb"] in (Verb.DECLARE_CONFLICT, Verb.WITHDRAW_CONFLICT)

    def takes_part(self, seat):
        return self.person_of[seat] not in self.out

    def awaited(self, review):
        return [seat for seat in review.electorate if seat not in self.answered[review.body] and self.takes_part(seat)]

    def seen_by_another(self, body):
        """Whoever keeps out neither decides nor records for others."""
        return self.asked["seat"] is None or body not in self.reviews or self.takes_part(self.asked["seat"])

    def dated(self):
        return self.asked["days_ago"] == 0 or (self.asked["days_ago"] > 0 and (self.asked["late"] or self.asked["seat"] is None))

    def meets(self, events):
        verb, body = self.asked["verb"], self.asked["body"]
        review = self.reviews.get(body)
        is_open = review is not None and review.closed_on is None
        is_closed = review is not None and review.closed_on is not None
        reasoned = self.asked["reason"] or self.asked["seat"] is None
        complete = self.action.sheet["description"] is not None
        in_charge = body in IN_CHARGE.get(self.state, ("cotech", "copil"))
        conditions = {
            Verb.RESUBMIT: lambda: self.asked["reason"],
            Verb.AMEND: lambda: self.action.sheet != self.fields(events)["sheet"].model_dump(mode="json"),
            Verb.ATTACH: lambda: f"{self.asked['number']:064x}" not in self.files,
            Verb.RETURN: lambda: (
                (reasoned or not complete)
                if self.state is State.SUBMITTED
                else in_charge and reasoned and (is_closed or self.state is State.ADJOURNED) and self.seen_by_another(body)
            ),
            Verb.WITHDRAW: lambda: reasoned,
            Verb.OPEN_TECHNICAL_REVIEW: lambda: complete and body == "cotech",
            Verb.OPEN_STEERING_REVIEW: lambda: complete and body == "copil" and self.referred,
            Verb.RECORD_OPINION: lambda: (
                is_open
                and self.asked["voter"] in review.electorate
                and self.takes_part(self.asked["voter"])
                and (self.asked["voter"] == self.asked["seat"] or self.seen_by_another(body))
                and (self.asked["reason"] or self.asked["opinion"] not in NEEDS_REASONS)
            ),
            Verb.CLOSE_REVIEW: lambda: (
                is_open
                and not (body == "cotech" and self.waits_for_a_group())
                and (self.asked["reason"] or self.today > review.due_on or not self.awaited(review))
                and self.seen_by_another(body)
            ),
            Verb.EXTEND_REVIEW: lambda: (
                is_open
                and reasoned
                and body in OPINION_DAYS
                and max(review.due_on + timedelta(days=1), self.today) <= self.until() <= workday(review.opened_on, OPINION_DAYS[body], 10)
            ),
            Verb.MOVE_REVIEW: lambda: False,
            Verb.GIVE_PROXY: lambda: False,  # the real charter knows no proxies
            Verb.REVOKE_PROXY: lambda: False,
            Verb.VOTE_BY_PROXY: lambda: False,
            Verb.SUPERSEDE: lambda: False,  # no other number is named here
            Verb.END_ATTENDANCE: lambda: False,
            Verb.RECORD_ATTENDANCE: lambda: False,  # no meeting is held here
            Verb.DECLARE_CONFLICT: lambda: (
                self.takes_part(self.asked["voter"]) and (self.asked["reason"] or self.fields(events)["kind"] != "other")
            ),
            Verb.WITHDRAW_CONFLICT: lambda: reasoned and not self.takes_part(self.asked["voter"]),
            Verb.REFER: lambda: is_closed and body == "cotech" and self.seen_by_another(body),
            Verb.ADJOURN: lambda: in_charge and is_closed and reasoned and self.seen_by_another(body),
            Verb.REJECT: lambda: in_charge and is_closed and reasoned and self.seen_by_another(body),
            Verb.APPROVE: lambda: is_closed and body == "copil" and self.seen_by_another(body),
            Verb.CONSULT_GROUP: lambda: reasoned and body == "gt-inclusion" and self.may_consult(body),
            Verb.SUSPEND: lambda: reasoned,
            Verb.ABANDON: lambda: reasoned,
            Verb.REPORT_PROGRESS: lambda: self.asked["number"] <= len(self.action.sheet["milestones"]),
            Verb.COMPLETE: lambda: (
                (self.asked["reason"] or not self.open_milestones)
                and not any(self.bodies[row.review_id] == "cotech" for row in self.reserved.values())
            ),
            Verb.KEEP_OPINION: lambda: (
                body in OPINION_DAYS | {"gt-inclusion": 10}
                and not is_open
                and self.body_of[self.asked["voter"]] == body
                and (self.asked["reason"] or self.asked["opinion"] not in NEEDS_REASONS)
            ),
            Verb.RECORD_DELIBERATION: lambda: (
                self.asked["number"] <= 3 and self.fields(events)["document"] in self.files and not self.deliberated(events)
            ),
            Verb.LIFT_RESERVATION: lambda: reasoned and self.named() is not None and self.seen_by_another(self.body_served()),
            Verb.RAISE_BLOCKER: lambda: reasoned and self.fields(events)["since"] <= self.today - timedelta(days=self.asked["days_ago"]),
            Verb.LIFT_BLOCKER: lambda: reasoned and self.asked["number"] in self.blocked,
            **dict.fromkeys(OF_DEADLINES, lambda: False),
            Verb.FILE_FINAL_REPORT: lambda: bool(self.asked["parts"]),
            Verb.CLOSE: lambda: {"results", "lessons"} <= self.filed,
            Verb.RECTIFY: lambda: reasoned and self.rectifies(events[self.asked["number"] % len(events)]),
        }
        return bool(conditions.get(verb, lambda: True)())

    def deliberated(self, events):
        """Whether the same was recorded last."""
        told = self.fields(events)
        asked = ("ville", told["decided_on"], told["document"])
        return any((row.partner, row.decided_on, row.document) == asked for row in self.deliberations)

    def rectifies(self, event):
        return event.id in self.facts and (event.body is None or self.seen_by_another(event.body))

    def may_consult(self, group):
        technical, asked = self.reviews.get("cotech"), self.reviews.get(group)
        is_open = technical is not None and technical.closed_on is None
        return is_open and (asked is None or (asked.closed_on is not None and asked.opened_on < technical.opened_on))

    def waits_for_a_group(self):
        return any(row.closed_on is None for body, row in self.reviews.items() if body.startswith("gt-"))


class AnyOrder(RuleBasedStateMachine):
    """People ask, stages run and time passes, as it comes."""

    def __init__(self, template, folder):
        super().__init__()
        shutil.copy(template, folder / "passerelle.db")
        app = open_app(settings_of(folder, f"sqlite:///{folder / 'passerelle.db'}"))
        watch = Watch()
        self.desk = Desk(replace(app, clock=Clock(app.clock._offset, watch), ids=Ids(1_000_000)), watch, count(10_000))
        self.numbers, self.last = [row.number for row in self.desk.rows(Action)], None

    def teardown(self):
        self.desk.app.close()

    def everything(self):
        return self.desk.counts(), self.desk.rows(Action)

    @rule(data=st.data())
    def people_ask(self, data):
        for _ in range(4):
            number = data.draw(st.sampled_from(self.numbers))
            self.ask(number, data.draw(questions(self.desk.state(number))))

    def ask(self, number, asked):
        action, events = self.desk.action(number), self.desk.events(number)
        world = World(self.desk, action, asked)
        command = self.desk.command(
            asked["verb"],
            number,
            asked["seat"],
            body=asked["body"],
            occurred_on=self.desk.today - timedelta(days=asked["days_ago"]),
            late_reason="Retard" if asked["late"] else None,
            reason="Motif" if asked["reason"] else None,
            expected_version=None if asked["behind"] is None else action.version - asked["behind"],
            **world.fields(events),
        )
        before = self.everything()
        answer = self.answer(command)
        expected = "conflict" if asked["behind"] == 1 else "done" if world.permits(events) else "refused"
        assert answer == expected, (number, world.state, asked)
        assert answer == "done" or self.everything() == before

    def answer(self, command):
        try:
            self.last = (command, execute(self.desk.app, command))
        except Conflict:
            return "conflict"
        except Refused:
            return "refused"
        return "done"

    @rule(data=st.data())
    def something_else_happens(self, data):
        data.draw(st.sampled_from([self.create, self.register, self.ask_again, self.stages_run_twice, self.time_passes]))(data)

    def create(self, data):
        verb, seat = data.draw(st.sampled_from([Verb.DRAFT, Verb.PROPOSE])), data.draw(st.sampled_from(SEATS))
        command = self.desk.command(verb, seat=seat, sheet=data.draw(st.sampled_from(SHEETS)))
        before = self.everything()
        answer = self.answer(command)
        assert answer == ("refused" if seat in ("COPIL-09", None) else "done")
        assert answer == "done" or self.everything() == before
        self.numbers = [row.number for row in self.desk.rows(Action)]

    def register(self, data):
        sheet = data.draw(st.sampled_from(SHEETS[:2]))
        command = self.desk.command(Verb.REGISTER_UNDER_WAY, sheet=sheet, reference="Délibération 12", reason="En cours")
        assert self.answer(command) == "done"
        self.numbers.append(self.last[1].number)

    def ask_again(self, _data):
        if self.last:
            command, first = self.last
            before = self.everything()
            assert (execute(self.desk.app, command), self.everything()) == (replace(first, repeated=True), before)

    def stages_run_twice(self, _data):
        self.desk.settle()
        before = self.everything()
        assert (self.desk.settle(), self.everything()) == ([], before)

    def time_passes(self, data):
        self.desk.watch.advance(days=data.draw(st.integers(1, 120)))

    @invariant()
    def the_log_has_no_gap_and_the_row_says_what_it_says(self):
        log = {}
        for event in self.desk.rows(Event):
            log.setdefault(event.action_id, []).append(event)
        for action in self.desk.rows(Action):
            events = sorted(log[action.id], key=lambda event: event.seq)
            assert [event.seq for event in events] == list(range(1, action.version + 1))
            assert [event.before for event in events] == [None, *(event.after for event in events[:-1])]
            assert action.state == events[-1].after

    @invariant()
    def nothing_is_set_aside(self):
        with self.desk.app.db.read() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM reaction WHERE tries > 0").scalar_one() == 0


BEGUN = (
    *(State.DRAFT, State.SUBMITTED, State.RETURNED, State.STEERING_REVIEW, State.ADJOURNED),
    *(State.APPROVED, State.IN_PROGRESS, State.COMPLETED, State.FINAL_REPORT_DUE),
)


@pytest.fixture
def well_begun(light_desk, tmp_path):
    """A database with an action in each state that leads on; the one in technical review awaits a group."""
    for state in BEGUN:
        light_desk.reach(state)
    light_desk.decide(light_desk.reserving("COTECH-01", "COTECH-03"), "approve")
    light_desk.to_technical(provision(6))
    light_desk.app.close()
    return tmp_path / "passerelle.db"


def test_whatever_is_asked_in_whatever_order_the_rules_hold(well_begun, tmp_path):
    folders = count(1)

    def machine():
        folder = tmp_path / str(next(folders))
        folder.mkdir()
        return AnyOrder(well_begun, folder)

    # A failing order is told as it was found: making it shorter would take minutes.
    bounds = settings(max_examples=8, stateful_step_count=15, deadline=None, phases=[Phase.generate])
    run_state_machine_as_test(machine, settings=bounds)
