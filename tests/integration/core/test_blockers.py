"""What stands in the way of an action: raised by its pilot, told to whom it asks for help, talked about, and lifted with a note."""

from datetime import timedelta

import pytest
from builders import CLERK, PILOT, STEERING_CLERK
from secretariat import Secretariat

from models.lifecycle import State, Verb
from models.meetings.commands import CloseMeeting, OpenMeeting
from models.tables import Blocker, Delivery, Event, Person, Words
from services.audit import verify
from services.blockers import blockers_standing
from services.desk import desk as desk_of
from services.forms import LiftBlockerForm, RaiseBlockerForm
from services.meetings.reading import show_meeting, what_awaits
from services.queries import show_action
from services.visitors import SeatHeld, Visitor

WORDS, HOW = "Le local promis n'est pas libre", "Un autre local est trouvé"


def raised(desk, number, *, body="cotech", seat=PILOT, **more):
    return desk.ask(RaiseBlockerForm(seat=seat, action=number, body=body, reason=WORDS, **more))


def lifted(desk, number, blocker=1, seat=PILOT):
    return desk.ask(LiftBlockerForm(seat=seat, action=number, blocker=blocker, reason=HOW))


def told(desk, message):
    """Who is told, by code; nobody is told of their own act."""
    people = {row.id: row.code for row in desk.rows(Person)}
    return {people[row.person_id] for row in desk.rows(Delivery, message=message) if row.state != "suppressed"}


def standing(desk, *bodies):
    with desk.app.db.read() as connection:
        return [(row["action"], row["number"], row["words"]) for row in blockers_standing(connection, "vda-lille", bodies)]


def test_a_pilot_says_what_blocks_since_when_and_whom_they_ask_for_help(desk):
    number = desk.to_work()
    since = desk.today - timedelta(days=4)
    raised(desk, number, since=since)
    [row] = desk.rows(Blocker)
    assert (row.number, row.seat, row.body, row.since, row.raised_on, row.lifted_on) == (1, PILOT, "cotech", since, desk.today, None)
    event = desk.events(number)[-1]
    assert (event.topic, event.body, event.payload["blocker"], event.payload["since"]) == ("blocker.raised", "cotech", 1, since.isoformat())
    [words] = desk.rows(Words, kind="blocker")
    assert (words.body, words.author_seat) == (WORDS, PILOT)
    assert WORDS not in str(event.payload)


def test_it_is_lifted_with_a_note_and_the_audit_agrees(desk):
    number = desk.to_work()
    raised(desk, number)
    raised(desk, number, body="copil")
    lifted(desk, number)
    rows = show_action(desk.app, number)["blockers"]
    assert [(row["number"], row["standing"], row["words"], row["how"]) for row in rows] == [
        (1, "lifted", WORDS, HOW),
        (2, "open", WORDS, None),
    ]
    assert desk.events(number)[-1].body == "cotech"
    assert verify(desk.app).agrees


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"body": "mairie", "reason": WORDS}, "helper_unknown"),
        ({"body": "cotech"}, "reason_missing"),
        ({"body": "cotech", "reason": WORDS, "since": "2099-01-01"}, "blocked_in_future"),
    ],
    ids=["unknown body", "no words", "to come"],
)
def test_what_is_wrong_is_refused(desk, form, code):
    number = desk.to_work()
    assert desk.refusal(RaiseBlockerForm(seat=PILOT, action=number, **form)) == [code]


def test_only_the_pilot_or_a_secretary_raises_and_lifts(desk):
    number = desk.to_work()
    assert desk.refusal(RaiseBlockerForm(seat="COTECH-06", action=number, body="cotech", reason=WORDS)) == ["not_allowed"]
    raised(desk, number, seat=CLERK)
    assert desk.refusal(LiftBlockerForm(seat="COTECH-06", action=number, blocker=1, reason=HOW)) == ["not_allowed"]
    lifted(desk, number, seat=STEERING_CLERK)


def test_one_that_is_not_there_or_was_lifted_cannot_be_lifted(desk):
    number = desk.to_work()
    assert desk.refusal(LiftBlockerForm(seat=PILOT, action=number, blocker=1, reason=HOW)) == ["blocker_absent"]
    raised(desk, number)
    lifted(desk, number)
    assert desk.refusal(LiftBlockerForm(seat=PILOT, action=number, blocker=1, reason=HOW)) == ["blocker_absent"]


def test_the_secretary_of_the_body_that_is_asked_and_the_technical_one_are_told(desk):
    number = desk.to_work()
    raised(desk, number, body="copil")
    desk.settle()
    assert told(desk, "blocker-raised") == {"secretariat-copil", "secretariat-cotech"}
    lifted(desk, number, seat=CLERK)
    desk.settle()
    lead = desk.action(number).sheet["lead_person"]
    assert told(desk, "blocker-lifted") == {"secretariat-copil", lead}


def test_it_stands_on_the_desk_of_the_body_that_is_asked_until_it_is_lifted_or_the_work_ends(desk):
    first, second = desk.to_work(), desk.to_work()
    raised(desk, first, since=desk.today - timedelta(days=2))
    raised(desk, second, body="copil")
    assert standing(desk, "cotech", "copil") == [(first, 1, WORDS), (second, 1, WORDS)]
    clerk = Visitor(0, "secretariat-cotech", "", "fr", "vda-lille", (SeatHeld(CLERK, "cotech", "secretary"),), b"", "", (), ())
    assert [row["action"] for row in desk_of(desk.app, clerk).blocked] == [first]
    lifted(desk, first)
    desk.execute(Verb.ABANDON, second, reason="Plus de local")
    assert standing(desk, "cotech", "copil") == []
    assert [row["standing"] for row in show_action(desk.app, second)["blockers"]] == ["left"]


def test_it_comes_on_the_next_agenda_of_the_body_that_is_asked_and_decides_nothing(desk):
    number = desk.to_work()
    raised(desk, number)
    assert [(one.number, one.why) for one in what_awaits(desk.app, "cotech", convention="vda-lille")] == [(number, "blocked")]
    assert what_awaits(desk.app, "copil", convention="vda-lille") == []
    office = Secretariat(desk, "cotech", CLERK)
    meeting = office.convened(days=0)
    assert [(item["action"], item["awaits"]) for item in show_meeting(desk.app, meeting)["agenda"]] == [(number, "blocked")]
    office.ask(OpenMeeting, meeting=meeting, present=desk.voting("cotech"))
    office.ask(CloseMeeting, meeting=meeting)
    assert desk.state(number) is State.IN_PROGRESS
    [one] = what_awaits(desk.app, "cotech", convention="vda-lille")
    assert one.listed, "it was talked about"


def test_the_log_names_nobody_and_holds_no_words(desk):
    number = desk.to_work()
    raised(desk, number)
    name = desk.rows(Person, code=desk.action(number).sheet["lead_person"])[0].name
    assert [row for row in desk.rows(Event) if name in str(row.payload) or WORDS in str(row.payload)] == []
