"""Whatever somebody does to a meeting past Passerelle, the audit names it; and what is erased leaves it green."""

from datetime import date, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from builders import STEERING_CLERK, TODAY, provision
from orjson import dumps, loads
from secretariat import Secretariat

from models.chain import FIELDS, genesis, link
from models.meetings.commands import CancelMeeting, CloseMeeting, ConveneMeeting
from models.tables import AgendaItem, Counter, Meeting, MeetingEvent, MeetingWords, Person, Seat, table
from services.audit import verify
from services.checkpoints import take
from services.erasure import erase

EVENT_ID = UUID(int=7)
EVENT, MEETING, ITEM, WORDS = table(MeetingEvent), table(Meeting), table(AgendaItem), table(MeetingWords)


@pytest.fixture
def held(desk):
    """A meeting that was held and closed, and another one that was called off."""
    office = Secretariat(desk)
    desk.to_steering()
    number = office.held(present=("COPIL-01", "COPIL-03", "COPIL-05"))
    office.ask(CloseMeeting, meeting=number, reason="Reportés à la suivante")
    other = office.plan(items=("Calendrier",))
    office.ask(ConveneMeeting, meeting=other)
    office.ask(CancelMeeting, meeting=other, reason="Salle indisponible")
    assert verify(desk.app).agrees
    return number


def found(desk):
    return {(finding.code, finding.action) for finding in verify(desk.app).findings}


def change(desk, rows, where, **values):
    with desk.app.db.write() as connection:
        assert connection.execute(rows.update().where(where).values(**values)).rowcount


def rewritten(record, name, value):
    content = loads(record)
    content[FIELDS.index(name)] = value
    return dumps(content).decode()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("actor", "COPIL-01"),
        ("occurred_on", "2026-10-06"),
        ("payload", "{}"),
        ("after", "cancelled"),
        ("digest", None),
        ("seen_version", 9),
    ],
)
def test_a_changed_event_is_named(desk, held, name, value):
    [event] = [row for row in desk.rows(MeetingEvent) if row.seq == 2 and row.meeting_id == 1]
    change(desk, EVENT, EVENT.c.id == event.id, record=rewritten(event.record, name, value))
    [finding] = [finding for finding in verify(desk.app).findings if finding.action == held]
    assert (finding.code, finding.seq, finding.event) == ("event_changed", 2, event.id.hex)


@pytest.mark.parametrize("record", ["", "not json", "[]", '{"id": 1}'])
def test_a_record_that_is_none_is_named(desk, held, record):
    change(desk, EVENT, (EVENT.c.seq == 3) & (EVENT.c.meeting_id == 1), record=record)
    assert found(desk) == {("event_changed", held)}


def test_a_dropped_a_swapped_and_a_cut_log_are_named(desk, held):
    with desk.app.db.write() as connection:
        connection.execute(EVENT.delete().where(EVENT.c.meeting_id == 1, EVENT.c.seq == 2))
    assert found(desk) == {("event_missing", held)}
    with desk.app.db.write() as connection:
        connection.execute(EVENT.delete().where(EVENT.c.meeting_id == 2, EVENT.c.seq == 3))
    assert found(desk) == {("event_missing", held), ("event_missing", "COPIL-S-2026-002")}


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("state", "open"),
        ("held_on", TODAY + timedelta(days=400)),
        ("starts_at", "08:00"),
        ("body", "cotech"),
        ("second_of", "COPIL-S-2026-002"),
        ("place_id", None),
        ("convened_on", date(2026, 1, 1)),
        ("charter_id", 9),
        ("notice", {"days": 30, "needed": 0}),
        ("attendance", {"seats": {}, "holders": {}}),
        ("quorum", []),
    ],
)
def test_a_changed_row_is_named_with_its_column(desk, held, column, value):
    change(desk, MEETING, MEETING.c.number == held, **{column: value})
    told = [finding for finding in verify(desk.app).findings if finding.action == held and finding.params.get("column") == column]
    assert [finding.params["table"] for finding in told] == ["meeting"]


def test_a_head_that_is_not_the_end_of_the_chain_is_named(desk, held):
    change(desk, MEETING, MEETING.c.number == held, head=b"\x00" * 32)
    assert found(desk) == {("head_differs", held)}


def test_an_agenda_that_was_changed_is_named_item_by_item(desk, held):
    other = desk.action(desk.to_steering(provision(title="Une autre"))).id
    change(desk, ITEM, (ITEM.c.meeting_id == 1) & (ITEM.c.position == 1), action_id=other)
    with desk.app.db.write() as connection:
        connection.execute(ITEM.insert().values(meeting_id=1, position=2, action_id=other))
        connection.execute(ITEM.delete().where(ITEM.c.meeting_id == 2, ITEM.c.position == 1))
    assert found(desk) == {("row_differs", held), ("row_unknown", held), ("row_missing", "COPIL-S-2026-002")}


def test_a_changed_a_misfiled_and_a_foreign_text_are_named(desk, held):
    change(desk, WORDS, (WORDS.c.meeting_id == 1) & (WORDS.c.kind == "place"), body="Ailleurs")
    change(desk, WORDS, (WORDS.c.meeting_id == 2) & (WORDS.c.kind == "title"), author_seat="COPIL-01")
    [text] = [row for row in desk.rows(MeetingWords) if row.kind == "reason" and row.meeting_id == 1]
    with desk.app.db.write() as connection:
        connection.execute(WORDS.insert().values(**{**text._asdict(), "id": EVENT_ID}))
    assert found(desk) == {("text_changed", held), ("text_misfiled", "COPIL-S-2026-002"), ("text_unknown", held)}


def test_a_meeting_that_is_gone_leaves_a_gap_in_the_numbers_and_what_belonged_to_it(desk, held):
    take(desk.app)
    with desk.app.db.write() as connection:
        for rows in (ITEM, EVENT, WORDS):
            connection.execute(rows.delete().where(rows.c.meeting_id == 1))
        connection.execute(MEETING.delete().where(MEETING.c.id == 1))
    codes = {(finding.code, finding.action, finding.params.get("number")) for finding in verify(desk.app).findings}
    assert codes == {("action_vanished", held, None), ("number_missing", "", held)}


def test_a_number_that_was_never_given_is_named(desk, held):
    counters = table(Counter)
    change(desk, counters, counters.c.series == "meeting:copil:2026", last=1)
    assert found(desk) == {("number_unknown", "COPIL-S-2026-002")}
    assert held == "COPIL-S-2026-001"


def test_a_log_that_was_cut_with_its_row_is_told_by_the_checkpoint(desk, held):
    take(desk.app)
    events = [row for row in desk.rows(MeetingEvent, meeting_id=1) if row.seq == 3]
    with desk.app.db.write() as connection:
        connection.execute(EVENT.delete().where(EVENT.c.meeting_id == 1, EVENT.c.seq == 4))
        connection.execute(WORDS.delete().where(WORDS.c.meeting_id == 1, WORDS.c.kind == "reason"))
        connection.execute(MEETING.update().where(MEETING.c.id == 1).values(version=3, head=events[0].hash, state="open"))
    assert found(desk) == {("checkpoint_ahead", held)}


def test_an_outcome_that_its_own_figures_contradict_is_named(desk, held):
    rows = desk.rows(MeetingEvent, meeting_id=1)
    opened = next(row for row in rows if row.seq == 3)
    change(desk, EVENT, EVENT.c.id == opened.id, record=rewritten(opened.record, "after", "inquorate"))
    _seal_anew(desk, 1)
    assert ("move_unknown", held) in found(desk)


def _seal_anew(desk, meeting_id):
    """As somebody would who knows the format, and not the checkpoints."""
    [meeting] = desk.rows(Meeting, id=meeting_id)
    head = genesis(meeting.convention, meeting.number)
    with desk.app.db.write() as connection:
        for row in connection.execute(sa.select(EVENT).where(EVENT.c.meeting_id == meeting_id).order_by(EVENT.c.seq)).all():
            head = link(head, loads(row.record))
            connection.execute(EVENT.update().where(EVENT.c.id == row.id).values(hash=head))
        connection.execute(MEETING.update().where(MEETING.c.id == meeting_id).values(head=head))


def test_what_a_secretary_gave_as_reasons_is_erased_and_the_agenda_stays(desk, held):
    [seat] = desk.rows(Seat, code=STEERING_CLERK)
    with desk.app.db.write() as connection:
        connection.execute(table(Seat).update().where(table(Seat).c.id == seat.id).values(ends_on=TODAY))
    desk.watch.advance(days=400)
    [person] = desk.rows(Person, id=seat.person_id)
    done = erase(desk.app, person.code, carry_out=True)
    assert (done.texts["reason"], done.kept["place"], done.kept["title"]) == (2, 2, 1)
    assert {row.kind for row in desk.rows(MeetingWords)} == {"place", "title"}
    audit = verify(desk.app)
    assert (audit.findings, audit.erased >= 2, held in {row.number for row in desk.rows(Meeting)}) == ((), True, True)
