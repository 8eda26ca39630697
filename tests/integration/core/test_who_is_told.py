"""Who is told of an event: by the charter's table, once at each address, never of their own act nor after their seat has ended; and it is counted."""

from collections import Counter
from itertools import count

import pytest
import sqlalchemy as sa
from builders import CLERK, PILOT, STEERING_CLERK, changed_charter
from sqlalchemy import event as happenings

from models.events import Stage
from models.tables import CharterVersion, Delivery, Event, Fanout, Person, Seat, table
from services.forms import SuspendForm
from services.notices import write_notices
from services.stages import run_deliveries
from services.work import open_work

SUSPENDED = "action-suspended"
_NAMES = count()


def telling(desk, tmp_path, **lines):
    """The desk under a charter with these lines of the table, by topic ('action_suspended')."""

    def change(document):
        document["telling"] = {"recipients": {topic.replace("_", ".", 1): told for topic, told in lines.items()}}

    return desk.under(changed_charter(tmp_path / f"telling-{next(_NAMES)}.yaml", change))


def suspended(desk, seat=CLERK):
    """Somebody suspends an action that the fourth seat leads and the technical secretary proposed."""
    number = desk.to_work()
    desk.ask(SuspendForm(seat=seat, action=number, reason="Travaux"))
    desk.settle()
    return number


def told(desk, message=SUSPENDED):
    codes = {row.id: row.code for row in desk.rows(Person)}
    return sorted((codes[row.person_id], row.because, row.state, row.reason) for row in desk.rows(Delivery, message=message))


def share_address(desk, *seats):
    """Whoever holds these seats has the address of the first of them, written in capitals."""
    people = [desk.rows(Seat, code=seat)[0].person_id for seat in seats]
    [first] = desk.rows(Person, id=people[0])
    with desk.app.db.write() as connection:
        rows = table(Person)
        connection.execute(rows.update().where(rows.c.id.in_(people[1:])).values(email=first.email.upper()))


def catch_up(desk, sink):
    return run_deliveries(desk.through(sink.url).app, holder="test", gate=lambda: None).deliveries


def end_seat(desk, seat):
    with desk.app.db.write() as connection:
        rows = table(Seat)
        connection.execute(rows.update().where(rows.c.code == seat).values(ends_on=desk.today))
    desk.watch.advance(days=1)


def test_the_line_of_the_charter_replaces_the_built_in_one_and_whoever_gets_both_gets_no_copy(light_desk, tmp_path):
    line = {"message": SUSPENDED, "to": ["lead"], "copy": ["proposer", "any_secretary"]}
    suspended(telling(light_desk, tmp_path, action_suspended=[line]), seat=PILOT)
    got = {person: (because, state) for person, because, state, _ in told(light_desk)}
    assert got.pop("pilote-equipements") == ("lead", "suppressed")
    assert got.pop("secretariat-cotech") == ("copy:proposer", "ready")
    assert {because for because, _ in got.values()} == {"copy:any_secretary"}
    assert "secretariat-copil" in got


def test_a_copy_is_mailed_as_such_without_the_link_and_whoever_votes_is_asked_as_before(light_desk, tmp_path, sink):
    line = {"message": "opinion-requested", "to": ["voter", "deputy"], "copy": ["steering_secretary"]}
    desk = telling(light_desk, tmp_path, review_opened=[line])
    desk.to_technical()
    catch_up(desk, sink)
    texts = {
        mail["To"].addresses[0].addr_spec: mail.get_body(("plain",)).get_content() for mail in sink.mails() if "avis" in mail["Subject"]
    }
    copied = {address for address, text in texts.items() if "en copie" in text}
    assert (len(texts), copied) == (7, {"secretariat.pilotage@ville.example"})
    assert {"/avis/" in text for address, text in texts.items() if address in copied} == {False}
    assert {"/avis/" in text for address, text in texts.items() if address not in copied} == {True}


def test_persons_who_share_an_address_read_a_message_once_as_the_first_of_them(desk, sink):
    share_address(desk, PILOT, CLERK)
    suspended(desk, seat=STEERING_CLERK)
    first, other = sorted(desk.rows(Delivery, message=SUSPENDED), key=lambda row: row.state)
    assert told(desk) == [("pilote-equipements", "lead", "suppressed", "same_address"), ("secretariat-cotech", "proposer", "ready", None)]
    assert other.folded_into == first.id
    catch_up(desk, sink)
    assert len([address for address, subject in sink.told() if "suspen" in subject.lower()]) == 1


def test_voters_who_share_an_address_are_asked_each_for_their_own_seat(light_desk):
    share_address(light_desk, "COTECH-03", "COTECH-05")
    light_desk.to_technical()
    assert {(state, reason) for _, _, state, reason in told(light_desk, "opinion-requested")} == {("ready", None)}


def test_whoever_lost_their_seat_since_gets_nothing_but_the_pilot_is_still_told(light_desk, sink):
    suspended(light_desk, seat=STEERING_CLERK)
    end_seat(light_desk, PILOT)
    with light_desk.app.db.write() as connection:
        connection.execute(table(Seat).update().where(table(Seat).c.code == CLERK).values(ends_on=light_desk.today.replace(day=1)))
    catch_up(light_desk, sink)
    assert told(light_desk) == [("pilote-equipements", "lead", "sent", None), ("secretariat-cotech", "proposer", "cancelled", "no_seat")]


def test_a_former_voter_is_not_asked_and_a_member_who_is_secretary_no_more_is_not_told_as_one(light_desk, sink):
    light_desk.to_technical()
    end_seat(light_desk, "COTECH-03")
    catch_up(light_desk, sink)
    lost = [row.reason for row in light_desk.rows(Delivery, message="opinion-requested", state="cancelled")]
    assert lost == ["no_seat"]


def test_every_event_that_people_are_told_of_has_its_count(desk):
    suspended(desk, seat=PILOT)
    counts = {row.event_id: row.expected for row in desk.rows(Fanout)}
    assert counts == Counter(row.event_id for row in desk.rows(Delivery))
    assert set(counts) == {row.id for row in desk.rows(Event)}
    [charter] = desk.rows(CharterVersion)
    assert {(row.charter_id, row.resolved_at) for row in desk.rows(Fanout)} == {(charter.id, desk.watch.moment)}


def test_an_event_of_which_nobody_is_told_by_the_charter_counts_none(light_desk, tmp_path):
    suspended(telling(light_desk, tmp_path, action_suspended=[]))
    [event] = light_desk.rows(Event, topic="action.suspended")
    assert [(row.expected, told(light_desk)) for row in light_desk.rows(Fanout, event_id=event.id)] == [(0, [])]


def test_reacting_twice_writes_nothing_more(desk):
    number = desk.to_technical()
    opened = desk.events(number)[1]
    before = (len(desk.rows(Delivery)), len(desk.rows(Fanout)))
    with desk.app.db.write() as connection:
        work = open_work(desk.app, connection, opened.convention)
        row = connection.execute(
            sa.select(table(Event), sa.literal("committee-review").label("stage")).where(table(Event).c.id == opened.id)
        )
        assert write_notices(work, row.mappings().one()).new == 0
    assert (len(desk.rows(Delivery)), len(desk.rows(Fanout))) == before


@pytest.mark.parametrize("voters", [6, 60])
def test_the_number_of_statements_does_not_grow_with_the_number_of_voters(light_desk, voters):
    number = light_desk.propose()
    with light_desk.app.db.write() as connection:
        for n in range(voters - 6):
            who = {"convention": "vda-lille", "code": f"p-{n}", "name": "P", "email": f"p{n}@x.example", "language": "fr"}
            person = connection.execute(table(Person).insert().values(**who).returning(table(Person).c.id)).scalar_one()
            seat = {"body": "cotech", "role": "member", "partner": "ville", "weight": 1, "starts_on": light_desk.today}
            connection.execute(table(Seat).insert().values(convention="vda-lille", code=f"COTECH-{n + 100}", person_id=person, **seat))
    light_desk.run(Stage.PROPOSAL, lambda: None if light_desk.state(number) == "submitted" else "opened")
    opened, asked = light_desk.events(number)[1], []
    with light_desk.app.db.write() as connection:
        work = open_work(light_desk.app, connection, opened.convention)
        row = (
            connection.execute(sa.select(table(Event), table(Event).c.owed.label("stage")).where(table(Event).c.id == opened.id))
            .mappings()
            .one()
        )
        happenings.listen(connection, "before_execute", lambda *told: asked.append(told))
        assert write_notices(work, row).new == voters
    assert len(asked) <= 8
