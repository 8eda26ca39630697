"""The tamper catalogue: whatever somebody does to the database past Passerelle, the audit names the event."""

from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from models.chain import FIELDS, link
from models.tables import (
    Action,
    Attachment,
    Blocker,
    Conflict,
    Counter,
    Decision,
    Deliberation,
    EarlyOpinion,
    Event,
    Milestone,
    Opinion,
    Proxy,
    Report,
    Reservation,
    Review,
    Words,
    table,
)
from services.audit import verify
from services.log import stored

EVENT = table(Event)
LIVED = (
    Event,
    Action,
    Review,
    Opinion,
    Decision,
    Report,
    EarlyOpinion,
    Conflict,
    Proxy,
    Reservation,
    Blocker,
    Deliberation,
    Milestone,
    Attachment,
    Words,
    Counter,
)
INSTEAD_OF_NOTHING = {"cause": UUID(int=7), "seen_version": 1, "digest": b"\x01", "before": "draft"}


def flipped(name, value):
    """The value with one bit the other way; something where there was nothing."""
    if value is None:
        return INSTEAD_OF_NOTHING.get(name, "x")
    if isinstance(value, datetime):
        return value.replace(microsecond=value.microsecond ^ 1)
    kinds = {
        UUID: lambda: UUID(int=value.int ^ 1),
        date: lambda: date.fromordinal(value.toordinal() ^ 1),
        bytes: lambda: bytes([value[0] ^ 1]) + value[1:],
        int: lambda: value ^ 1,
        str: lambda: chr(ord(value[0]) ^ 1) + value[1:],
        dict: lambda: (
            {**value, "x": 1} if not value else {key: flipped(key, each) if n == 0 else each for n, (key, each) in enumerate(value.items())}
        ),
        list: lambda: [*value, 1],
    }
    return kinds[type(value)]()


def test_one_bit_of_any_column_of_an_event_is_found_and_that_event_named(owner):
    events = owner.events()
    for event in (events[0], events[len(events) // 2], events[-1]):
        for name in (*FIELDS, "hash"):
            if name == "seq":
                continue
            owner.change_event(event["position"], **{name: flipped(name, event[name])})
            audit = verify(owner.app)
            expected = [("event_changed", owner.number, event["seq"])]
            if name == "hash" and event is events[-1]:
                assert audit.first.seq == event["seq"], name
            else:
                assert [(f.code, f.action, f.seq) for f in audit.findings] == expected, name
            assert audit.first.event == (flipped("id", event["id"]) if name == "id" else event["id"]).hex
            owner.change_event(event["position"], **{name: event[name]})
    assert owner.found() == []


def test_an_event_moved_to_another_place_in_the_order_leaves_a_gap_and_is_named(owner):
    event = owner.events()[4]
    owner.change_event(event["position"], seq=5 ^ 1024)
    audit = verify(owner.app)
    assert [(f.code, f.seq) for f in audit.findings] == [("event_missing", 5), ("event_unknown", 1029)]
    assert {f.event for f in audit.findings} == {event["id"].hex, None}


def test_each_event_that_is_dropped_is_missed(owner):
    for event in owner.events():
        with owner.undoing(Event):
            owner.delete(Event, EVENT.c.position == event["position"])
            assert owner.found() == [("event_missing", owner.number, event["seq"])]
    assert owner.found() == []


@pytest.mark.parametrize(("one", "other"), [(3, 4), (2, 9)])
def test_two_events_in_each_others_place_are_named_and_no_other(owner, one, other):
    events = {event["seq"]: event for event in owner.events()}
    owner.change_event(events[one]["position"], seq=-1)
    owner.change_event(events[other]["position"], seq=one)
    owner.change_event(events[one]["position"], seq=other)
    assert owner.found() == [("event_changed", owner.number, one), ("event_changed", owner.number, other)]


def test_an_event_inserted_with_a_right_hash_breaks_what_follows(owner):
    events = owner.events()
    third = events[2]
    for event in reversed(events[3:]):
        owner.change_event(event["position"], seq=event["seq"] + 1)
    forge(owner, third, seq=4)
    owner.change(Action, table(Action).c.number == owner.number, version=len(events) + 1, sealed=len(events) + 1)
    assert owner.found()[0] == ("event_changed", owner.number, 5)


def test_an_event_appended_with_a_right_hash_is_not_counted_by_its_action(owner):
    last = owner.events()[-1]
    forged = forge(owner, last, seq=last["seq"] + 1)
    audit = verify(owner.app)
    assert [(f.code, f.seq, f.event) for f in audit.findings] == [("event_unknown", last["seq"] + 1, forged.hex)]


def test_an_event_appended_with_everything_right_but_the_lifecycle_is_found(owner):
    last = owner.events()[-1]
    forge(owner, last, seq=last["seq"] + 1, before="closed", after="in_progress", topic="action.started")
    owner.rechain()
    owner.change(Action, table(Action).c.number == owner.number, state="in_progress")
    assert owner.found() == [("move_unknown", owner.number, last["seq"] + 1)]


def forge(owner, like, *, seq, **values):
    """Write an event like another one, with the hash that its content gives."""
    forged = UUID(int=like["id"].int + 1_000_000)
    with owner.at_work() as connection:
        position = connection.execute(sa.select(sa.func.max(EVENT.c.position))).scalar_one() + 1
        row = {**like, "id": forged, "seq": seq, "position": position, "payload": {}, "digest": None, **values}
        connection.execute(EVENT.insert().values(**row))
        query = sa.select(*stored(connection.dialect.name)).select_from(EVENT).where(EVENT.c.position == position)
        sealed = link(bytes(like["hash"]), tuple(connection.execute(query).one()))
        connection.execute(EVENT.update().where(EVENT.c.position == position).values(hash=sealed))
    return forged


def test_a_log_cut_short_is_missed_by_its_action(owner):
    for left in (1, 5, len(owner.events()) - 1):
        with owner.undoing(Event):
            owner.delete(Event, (EVENT.c.action_id == owner.action_id) & (EVENT.c.seq > left))
            assert owner.found() == [("event_missing", owner.number, left + 1)]


def test_an_action_removed_with_all_that_belongs_to_it_leaves_its_numbers(owner):
    owner.remove()
    audit = verify(owner.app)
    assert [(f.code, f.params["number"]) for f in audit.findings] == [
        ("number_missing", "A-2026-001"),
        ("number_missing", "COPIL-2026-001"),
        ("number_missing", "COTECH-2026-001"),
    ]


def test_an_action_removed_without_its_log_is_found_by_its_events(owner):
    owner.delete(Action, table(Action).c.number == owner.number)
    audit = verify(owner.app)
    assert audit.first.code == "action_missing"
    assert {f.params["table"] for f in audit.findings if f.code == "rows_ownerless"} == {
        "review", "opinion", "decision", "report", "early_opinion", "conflict", "proxy", "reservation", "blocker", "deliberation", "milestone", "attachment", "words",
    }  # fmt: skip


def test_a_seal_taken_off_is_found(owner):
    event = owner.events()[3]
    owner.change_event(event["position"], hash=None)
    assert owner.found() == [("hash_missing", owner.number, 4)]


@pytest.mark.parametrize("column", ["head", "sealed", "version"])
def test_the_end_of_the_chain_on_the_row_of_an_action_cannot_be_changed(owner, column):
    row = table(Action)
    value = {"head": bytes(32), "sealed": 2, "version": 99}[column]
    owner.change(Action, row.c.number == owner.number, **{column: value})
    count = len(owner.events())
    expected = ("event_missing", owner.number, count + 1) if column == "version" else ("head_differs", owner.number, count)
    assert owner.found() == [expected]


EDITED = [
    (Action, "state", "approved", "row_differs", None),
    (Action, "proposer_seat", "COPIL-01", "row_differs", None),
    (Action, "created_at", timedelta(days=1), "row_differs", None),
    (Action, "sheet", {"title": "Autre"}, "row_text_differs", "action.amended"),
    (Review, "verdict", {"result": "unfavourable"}, "row_text_differs", "review.closed"),
    (Review, "electorate", ["COTECH-01"], "row_text_differs", "review.closed"),
    (Review, "recused", {}, "row_text_differs", "review.closed"),
    (Review, "due_on", timedelta(days=1), "row_differs", "review.closed"),
    (Review, "closed_on", timedelta(days=1), "row_differs", "review.closed"),
    (Review, "round", 2, "row_differs", "review.closed"),
    (Review, "convention", "other", "row_differs", "review.closed"),
    (Opinion, "value", "abstention", "row_differs", "opinion.recorded"),
    (Opinion, "seat", "COPIL-09", "row_differs", "opinion.recorded"),
    (Opinion, "given_on", timedelta(days=1), "row_differs", "opinion.recorded"),
    (Opinion, "superseded", True, "row_differs", "opinion.recorded"),
    (Opinion, "words_id", UUID(int=5), "row_differs", "opinion.recorded"),
    (Opinion, "holder", "COTECH-03", "row_differs", "opinion.recorded"),
    (Proxy, "giver", "COTECH-03", "row_differs", None),
    (Proxy, "holder", "COTECH-03", "row_differs", None),
    (Proxy, "given_on", timedelta(days=1), "row_differs", None),
    (Proxy, "until", date(2026, 10, 21), "row_differs", None),
    (Proxy, "revoked_on", date(2026, 10, 6), "row_differs", None),
    (Conflict, "seat", "COTECH-01", "row_differs", "conflict.declared"),
    (Conflict, "withdrawn_on", date(2026, 10, 5), "row_differs", "conflict.declared"),
    (Conflict, "words_id", UUID(int=5), "row_differs", "conflict.declared"),
    (Reservation, "seat", "COTECH-01", "row_differs", "reservation.lifted"),
    (Reservation, "due_on", timedelta(days=1), "row_differs", "reservation.lifted"),
    (Reservation, "blocks", None, "row_differs", "reservation.lifted"),
    (Reservation, "lifted_on", timedelta(days=1), "row_differs", "reservation.lifted"),
    (Reservation, "words_id", UUID(int=5), "row_differs", "reservation.lifted"),
    (Reservation, "lapsed_on", date(2026, 10, 5), "row_differs", "reservation.lifted"),
    (Reservation, "raised_on", timedelta(days=1), "row_differs", "reservation.lifted"),
    (Blocker, "seat", "COTECH-01", "row_differs", "blocker.lifted"),
    (Blocker, "body", "copil", "row_differs", "blocker.lifted"),
    (Blocker, "since", timedelta(days=1), "row_differs", "blocker.lifted"),
    (Blocker, "raised_on", timedelta(days=1), "row_differs", "blocker.lifted"),
    (Blocker, "words_id", UUID(int=5), "row_differs", "blocker.lifted"),
    (Blocker, "lifted_on", timedelta(days=1), "row_differs", "blocker.lifted"),
    (Blocker, "lifted_words_id", UUID(int=5), "row_differs", "blocker.lifted"),
    (EarlyOpinion, "seat", "COPIL-04", "row_differs", "opinion.recorded"),
    (EarlyOpinion, "value", "abstention", "row_differs", "opinion.recorded"),
    (EarlyOpinion, "review_id", None, "row_differs", "opinion.recorded"),
    (Deliberation, "partner", "universite", "row_differs", "deliberation.recorded"),
    (Deliberation, "outcome", "refused", "row_differs", "deliberation.recorded"),
    (Deliberation, "decided_on", timedelta(days=1), "row_differs", "deliberation.recorded"),
    (Deliberation, "reference", "Autre", "row_text_differs", "deliberation.recorded"),
    (Deliberation, "document", "b" * 64, "row_differs", "deliberation.recorded"),
    (Deliberation, "superseded", True, "row_differs", "deliberation.recorded"),
    (Decision, "outcome", "reject", "row_differs", "action.approved"),
    (Decision, "number", "COPIL-2026-009", "row_differs", "action.approved"),
    (Decision, "reference", "Autre compte rendu", "row_text_differs", "action.approved"),
    (Decision, "decided_on", timedelta(days=1), "row_differs", "action.approved"),
    (Decision, "convention", "other", "row_differs", "action.approved"),
    (Report, "percent", 99, "row_differs", None),
    (Report, "reported_on", timedelta(days=1), "row_differs", None),
    (Milestone, "reached_on", timedelta(days=1), "row_differs", "progress.reported"),
    (Milestone, "title", "Autre", "row_text_differs", "action.amended"),
    (Milestone, "due_on", timedelta(days=1), "row_differs", "action.amended"),
    (Attachment, "file_name", "autre.pdf", "row_text_differs", "attachment.added"),
    (Attachment, "size", 1, "row_differs", "attachment.added"),
    (Words, "body", "Autre texte", "text_changed", None),
    (Words, "salt", "0" * 32, "text_changed", None),
    (Words, "author_seat", "COPIL-09", "text_misfiled", None),
]


def test_one_column_of_any_row_is_found_and_the_event_that_wrote_it_named(owner):
    topics = {event["seq"]: event["topic"] for event in owner.events()}
    for kind, column, value, code, topic in EDITED:
        rows = table(kind)
        mine = mine_of(owner, kind)
        with owner.app.db.read() as connection:
            row = connection.execute(sa.select(rows).where(mine).order_by(*rows.primary_key).limit(50)).mappings().all()[-1]
        key = sa.and_(*(each == row[each.name] for each in rows.primary_key))
        owner.change(kind, key, **{column: row[column] + value if isinstance(value, timedelta) else value})
        audit = verify(owner.app)
        owner.change(kind, key, **{column: row[column]})
        assert [f.code for f in audit.findings] == [code], (kind, column, audit.findings)
        assert audit.first.params.get("column", column) == column
        assert topic is None or topics[audit.first.seq] == topic, (kind, column)
    assert owner.found() == []


def mine_of(owner, kind):
    """The rows of the action, of those that were written and reached."""
    rows = table(kind)
    if kind is Opinion:
        return ~rows.c.superseded
    if kind is Action:
        return rows.c.id == owner.action_id
    narrowed = {Decision: "outcome", Milestone: "reached_on", Review: "verdict"}
    condition = rows.c.action_id == owner.action_id
    if kind is Words:
        return condition & (rows.c.kind == "summary")
    if kind is Decision:
        return condition & (rows.c.outcome == "approve")
    return condition & rows.c[narrowed[kind]].is_not(None) if kind in narrowed else condition


@pytest.mark.parametrize("kind", [Review, Opinion, Decision, Report, Milestone, Attachment])
def test_a_row_that_was_deleted_is_missed_and_one_that_was_added_is_not_known(owner, kind):
    rows = table(kind)
    key = next(iter(rows.primary_key)) if kind is not Milestone else rows.c.position
    with owner.app.db.read() as connection:
        row = connection.execute(sa.select(rows).where(mine_of(owner, kind)).order_by(key).limit(1)).mappings().one()
    with owner.undoing(kind):
        owner.delete(kind, sa.and_(*(each == row[each.name] for each in rows.primary_key)))
        missing = verify(owner.app)
    again = {**row, key.name: 9_999} | ({"round": 9} if kind is Review else {"revision": 9} if kind is Decision else {})
    again |= {"sha256": "b" * 64} if kind is Attachment else {}
    with owner.at_work() as connection:
        connection.execute(rows.insert().values(**again))
    added = verify(owner.app)
    assert ("row_missing", rows.name) in {(f.code, f.params.get("table")) for f in missing.findings}
    assert [(f.code, f.params["table"]) for f in added.findings] == [("row_unknown", rows.name)]


def test_a_text_that_nobody_logged_is_not_known(owner):
    rows = table(Words)
    with owner.at_work() as connection:
        row = connection.execute(sa.select(rows).limit(1)).mappings().one()
        connection.execute(rows.insert().values(**{**row, "id": UUID(int=99)}))
    assert [code for code, _, _ in owner.found()] == ["text_unknown"]


def test_a_payload_of_another_shape_with_right_hashes_is_found(owner):
    opinion = next(event for event in owner.events() if event["topic"] == "opinion.recorded")
    owner.change_event(opinion["position"], payload={"voter": "COTECH-01"})
    owner.rechain()
    assert owner.found() == [("payload_unfit", owner.number, opinion["seq"])]


@pytest.mark.parametrize("column", ["actor", "payload"])
def test_a_broken_byte_in_the_file_of_the_database_is_found_and_its_event_named(owner, column):
    if not owner.app.db.is_sqlite:
        pytest.skip("PostgreSQL refuses such bytes itself")
    with owner.at_work() as connection:
        broken = f"UPDATE event SET {column} = CAST(X'FF' || substr({column}, 2) AS TEXT) WHERE action_id = 1 AND seq = 4"  # noqa: S608
        connection.exec_driver_sql(broken)
    assert owner.found() == [("event_changed", owner.number, 4)]


@pytest.mark.parametrize("sheet", [5, {"milestones": [5]}, {"milestones": [{"due_on": "2026-10-05"}]}])
def test_a_sheet_that_is_none_any_more_is_told_by_its_milestones_where_its_text_was_erased(owner, sheet):
    rows = table(Words)
    owner.delete(Words, (rows.c.action_id == owner.action_id) & (rows.c.kind == "sheet"))
    assert owner.found() == []
    owner.change(Action, table(Action).c.number == owner.number, sheet=sheet)
    assert {(f.code, f.params["table"]) for f in verify(owner.app).findings} == {("row_unknown", "milestone")}
