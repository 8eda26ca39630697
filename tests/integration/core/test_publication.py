"""What is public of a home, and what is not: editions are read anew when something changed, and by so many questions however much there is."""

from datetime import timedelta
from decimal import Decimal

import pytest
from benchmarks.waiting import statements_taken
from builders import CLERK, CONVENTION, MONDAY, changed_charter, provision
from secretariat import Secretariat

from models.errors import NotFound
from models.lifecycle import State
from models.masking import Former
from models.meetings.commands import CancelMeeting
from models.tables import FormerName, Person, Seat, table
from services.erasure import erase
from services.former_names import former_names
from services.forms import CompleteForm, RectifyForm, SupersedeForm
from services.people import export_people, import_people
from services.publication.keeping import Editions
from services.seating import change_person, seen_of

ALL = ["axis", "objective", "themes", "sites", "context", "description", "lead_body", "partners", "starts_on", "ends_on"]
ALL += ["budget_euros", "milestones", "indicators", "progress"]


def publishing(desk, **changes):
    """The same desk under a charter that makes this public."""
    home = desk.app.settings.home

    def change(document):
        document["publication"].update(changes)

    return desk.under(changed_charter(home / f"public-{desk.key()}.yaml", change))


def everything(desk):
    return publishing(
        desk,
        actions={"since": "submitted", "rejected": True, "fields": ALL},
        decisions={"bodies": ["copil", "cotech"], "verdicts": "tallies"},
        meetings=["copil", "cotech"],
    )


def edition(desk):
    return Editions(desk.app).of(CONVENTION)


def numbers(desk):
    return [action.number for action in edition(desk).content.actions]


@pytest.mark.parametrize("state", State)
def test_of_each_state_only_what_was_approved_is_public_in_the_shipped_charter(light_desk, state):
    number = light_desk.reach(state)
    shown = {State.APPROVED, State.IN_PROGRESS, State.SUSPENDED, State.COMPLETED, State.ABANDONED, State.FINAL_REPORT_DUE, State.CLOSED}
    assert (number in numbers(light_desk)) is (state in shown)
    everything(light_desk)
    assert (number in numbers(light_desk)) is (state not in {State.DRAFT, State.RETURNED, State.WITHDRAWN})


def test_what_gave_way_to_another_action_and_what_is_withheld_are_not_public_nor_are_their_decisions(desk):
    old, kept, held = (desk.to_work(provision(7, title=title)) for title in ("Ancienne", "Nouvelle", "Tenue à l'écart"))
    desk.ask(SupersedeForm(seat="COTECH-02", action=old, successor=kept, reason="Fusion"))
    desk.settle()
    assert numbers(desk) == [kept, held]
    publishing(desk, actions={"since": "approved", "fields": ALL, "withheld": [held]})
    assert numbers(desk) == [kept]
    assert {decision.action for decision in edition(desk).content.decisions} == {kept}
    assert edition(desk).action(held) is None


def test_without_a_publication_there_is_no_edition(light_desk):
    light_desk.to_work()
    light_desk.under(changed_charter(light_desk.app.settings.home / "closed.yaml", lambda document: document.pop("publication")))
    with pytest.raises(NotFound):
        edition(light_desk)
    assert (Editions(light_desk.app).public(), Editions(light_desk.app).open()) == ((), False)
    with pytest.raises(NotFound):
        Editions(light_desk.app).of("ailleurs")


def test_only_the_fields_that_the_charter_names_are_read(light_desk):
    number = light_desk.to_work(provision(7, budget_euros=Decimal("10.50")))
    light_desk.report(number, 40, reached=[1])
    publishing(light_desk, progress=None, actions={"since": "approved", "fields": ["sites"]})
    action = edition(light_desk).action(number)
    assert (len(action.sites), action.title) == (4, provision(7).title)
    hidden = [action.axis, action.objective, action.context, action.description, action.lead_body, action.starts_on, action.budget_euros]
    assert [*hidden, action.indicators, action.percent, action.percent_on] == [None] * 10
    assert (action.milestones, action.partners) == ((), ())


def test_progress_is_what_was_reported_last_and_all_of_it_once_the_work_is_done(desk):
    number, done = desk.to_work(), desk.to_final_report(provision(7, title="Achevée"))
    desk.report(number, 40)
    desk.report(number, 55, reached=[1])
    action = edition(desk).action(number)
    assert (action.percent, action.percent_on, action.changed_on) == (55, desk.today, desk.today)
    assert [step.reached_on for step in action.milestones] == [desk.today, None, None, None]
    assert edition(desk).action(done).percent == 100
    assert edition(desk).progress()["territoire"].objectives["equipements-partages"].percent == Decimal("77.5")


def test_an_action_is_published_on_the_day_on_which_it_became_public_whatever_was_reported_before(desk):
    publishing(desk, actions={"since": "completed", "fields": ["progress"]}, decisions=None, progress=None)
    number = desk.to_work()
    desk.report(number, 40)
    desk.watch.advance(days=30)
    desk.ask(CompleteForm(seat=CLERK, action=number, reason="Tout est fait"))
    [completed] = [event for event in desk.events(number) if event.after == State.COMPLETED]
    action = edition(desk).action(number)
    assert (action.shown_at, action.changed_at, action.changed_on) == (completed.recorded_at, completed.recorded_at, desk.today)


def test_decisions_tell_their_verdict_as_far_as_the_charter_does(desk):
    number = desk.to_steering()
    desk.opine(number, "copil")
    desk.decide(number, "approve")
    told = []
    for verdicts in ("none", "result", "tallies"):
        publishing(desk, decisions={"bodies": ["copil"], "verdicts": verdicts})
        [decision] = edition(desk).content.decisions
        told.append((decision.result, decision.file and decision.file["figures"]["in_favour"]))
    assert told == [(None, None), ("favourable", None), ("favourable", 6)]
    assert (decision.body, decision.action, decision.outcome, decision.year) == ("copil", number, "approve", "2026")


def test_a_rectified_decision_is_told_as_it_now_stands_and_once(light_desk):
    number = light_desk.to_approved()
    event = next(event for event in light_desk.events(number) if event.topic == "action.approved")
    rectified = {"happened_on": light_desk.today - timedelta(days=3), "reason": "Date de séance"}
    light_desk.ask(RectifyForm(seat="COPIL-02", action=number, event=event.id, **rectified))
    [decision] = edition(light_desk).content.decisions
    assert (decision.revision, decision.decided_on) == (2, light_desk.today - timedelta(days=3))


def test_days_of_meeting_are_public_once_people_are_convened_and_no_longer_once_it_is_cancelled(desk):
    office, other = Secretariat(desk), Secretariat(desk, "cotech", "COTECH-02")
    office.plan(items=("Bilan",))
    called, gone = office.convened(items=("Bilan",)), office.convened(items=("Bilan",))
    other.convened(items=("Bilan",))
    office.ask(CancelMeeting, meeting=gone, reason="Empêchement")
    [meeting] = edition(desk).content.meetings
    assert (meeting.number, meeting.body, meeting.held_on, meeting.starts_at) == (called, "copil", desk.today + timedelta(days=10), "14:30")


def test_an_edition_takes_so_many_questions_however_much_there_is_and_one_to_find_that_nothing_changed(light_desk):
    everything(light_desk)
    counted = []
    for title in ("Une", "Deux", "Trois"):
        number = light_desk.to_work(provision(7, title=title))
        light_desk.report(number, 30)
        Secretariat(light_desk).convened(items=("Bilan",))
        counted.append(statements_taken(light_desk.app, lambda: edition(light_desk)))
    assert counted == counted[:1] * 3
    editions = Editions(light_desk.app)
    assert statements_taken(light_desk.app, lambda: editions.of(CONVENTION)) == 1


def test_an_edition_stays_until_something_changes_and_then_belongs_to_a_later_second(light_desk):
    editions, number = Editions(light_desk.app), light_desk.to_work()
    first = editions.of(CONVENTION)
    assert editions.of(CONVENTION) is first
    light_desk.propose(provision(1))
    assert editions.of(CONVENTION) is first  # nothing public has changed
    light_desk.report(number, 10)
    second = editions.of(CONVENTION)
    assert (second.since, second.action(number).percent) == (MONDAY + timedelta(seconds=1), 10)


class Ticks:
    """Measures nothing but what it is told."""

    def __init__(self):
        self.now, self.step = 0.0, 0.0

    def __call__(self):
        self.now += self.step
        return self.now


@pytest.fixture
def ticks(light_desk):
    found = Ticks()
    light_desk.app.clock.ticks = found
    return found


def test_a_name_that_is_written_down_later_is_hidden_within_a_minute(light_desk, ticks):
    number = light_desk.to_work(provision(7, title="Avec Anne Martin"))
    editions, people = Editions(light_desk.app), table(Person)
    assert editions.of(CONVENTION).action(number).title == "Avec Anne Martin"
    with light_desk.app.db.write() as connection:
        connection.execute(people.update().where(people.c.code == "patrimoine").values(name="Anne Martin"))
    assert editions.of(CONVENTION).action(number).title == "Avec Anne Martin"
    ticks.now += 60
    assert editions.of(CONVENTION).action(number).title == "Avec […]"
    assert editions.of(CONVENTION).content.masked == ((number, "title"),)


def renamed_on_a_page(desk, person):
    given = {"name": "Tout Autre", "email": person.email, "language": person.language}
    change_person(desk.app, CONVENTION, person.code, given, seen_of(person._mapping))


def renamed_by_a_table(desk, person):
    with desk.app.db.read() as connection:
        known = export_people(connection, CONVENTION)
    import_people(desk.app.db, known.replace(person.name, "Tout Autre").encode(), at=desk.watch.moment)


def erased(desk, person):
    with desk.app.db.write() as connection:
        seats = table(Seat)
        connection.execute(seats.update().where(seats.c.person_id == person.id).values(ends_on=desk.today - timedelta(days=1)))
    erase(desk.app, person.code, carry_out=True)


@pytest.mark.parametrize("gone", [renamed_on_a_page, renamed_by_a_table, erased])
def test_a_name_stays_hidden_once_nobody_bears_it_any_more(desk, gone):
    [seat] = desk.rows(Seat, code="COTECH-06")
    [person] = desk.rows(Person, id=seat.person_id)
    number = desk.to_work(provision(7, title=f"Avec {person.name}"))
    before = edition(desk).content
    gone(desk, person)
    assert desk.rows(Person, id=person.id)[0].name != person.name
    after = edition(desk).content
    assert (after.actions[0].title, after.masked) == ("Avec […]", ((number, "title"),))
    assert after == before
    with desk.app.db.read() as connection:
        assert former_names(connection, "ailleurs") == Former()


def test_of_a_name_that_a_trial_of_a_table_would_change_nothing_is_kept(light_desk):
    [person] = light_desk.rows(Person, code="patrimoine")
    with light_desk.app.db.read() as connection:
        known = export_people(connection, CONVENTION).replace(person.name, "Tout Autre")
    import_people(light_desk.app.db, known.encode(), at=light_desk.watch.moment, dry_run=True)
    assert light_desk.rows(FormerName) == []


def test_an_edition_that_took_long_to_read_is_kept_for_a_while_whatever_happens_but_not_under_another_charter(light_desk, ticks):
    number, editions = light_desk.to_work(), Editions(light_desk.app)
    ticks.step = 1.5
    first = editions.of(CONVENTION)
    light_desk.report(number, 10)
    second = editions.of(CONVENTION)
    ticks.step = 0.0
    light_desk.report(number, 20)
    kept = editions.of(CONVENTION)
    assert (kept is second, kept is first) == (True, False)
    ticks.now += 15
    assert editions.of(CONVENTION).action(number).percent == 20
    ticks.step = 1.5
    light_desk.report(number, 30)
    editions.of(CONVENTION)
    publishing(light_desk, actions={"since": "approved", "fields": ALL, "withheld": [number]})
    assert editions.of(CONVENTION).action(number) is None


def test_several_conventions_are_public_each_by_its_code_and_the_first_that_came_by_none(light_desk):
    def change(document):
        document["convention"].update(code="autre", short="Autre")
        document["sender"].update(address="passerelle@autre.example")

    light_desk.to_work()
    light_desk.under(changed_charter(light_desk.app.settings.home / "other.yaml", change))
    editions = Editions(light_desk.app)
    assert editions.public() == (CONVENTION, "autre")
    assert (editions.of().code, editions.of().path) == (CONVENTION, "/public")
    other = editions.of("autre")
    assert (other.path, other.content.actions, other.content.domain) == ("/public/convention/autre", (), "autre.example")
