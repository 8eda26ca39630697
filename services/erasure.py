"""Erasing what a person wrote, and who they were, while every hash chain still agrees: the log holds salted hashes, never words.

What goes: the texts that the person's seats wrote, also for an absent member's as a deputy, or by proxy, with their salts, the name and the address,
sign-ins, accounts at institutions and absences, the address of their calendar, what they chose to be told, the views they saved, and what mail servers answered about them;
of former texts, also the traces in the search index.
Of the name a keyed hash remains, which says nothing and belongs to nobody: texts of the convention that name them stay in force, and what is public
of these goes on hiding it.
What stays is the convention's own record: the seats and how they voted, the sheet in force of an action, what a decision rests on, the
names of its minutes and of attached files,
where meetings were held and their agendas. A seat never passes to another person, so its texts are one person's.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from models.errors import Problem, Refused
from models.lifecycle import TRANSITIONS, State, Verb
from models.tables import (
    Absence,
    Account,
    Action,
    Decision,
    Delivery,
    Event,
    Feed,
    Foretold,
    MeetingWords,
    Mute,
    Person,
    Preference,
    Request,
    SavedView,
    Seat,
    SignIn,
    Token,
    Wish,
    Words,
    table,
)
from models.telling.reasons import Reason
from services.authorship import find_somebody, seats_ever, written_by, written_of_meetings
from services.bootstrap import App
from services.charter_store import the_convention
from services.former_names import remember
from services.operators import tell_operators
from services.returns import forget_returns
from services.search.index import forget
from services.wakes import WAITING
from services.wording import Wording
from services.work import Work, open_work

_ACTION, _DECISION, _DELIVERY, _EVENT = table(Action), table(Decision), table(Delivery), table(Event)
_PERSON, _REQUEST, _SEAT, _WORDS = table(Person), table(Request), table(Seat), table(Words)
_SAID = table(MeetingWords)
_FORGOTTEN = tuple(table(kind) for kind in (SignIn, Account, Absence, Preference, Wish, Mute, Feed, Foretold, SavedView, Token))
"""What is known of a person and nothing else rests on."""
ERASED = "erased@passerelle.example"
"""The address of whoever was erased."""
_RECORDS = ("reference", "file_name")
_HELD = ("place", "link", "title")
"""Of a meeting: where it was held, and its agenda."""
_ENDED = frozenset(State) - {move.state for move in TRANSITIONS.values() if move.verb is not Verb.RECTIFY}
_WAITING, _UNDECIDED = ("ready", "retrying", *WAITING), ("dead", "uncertain")


@dataclass(frozen=True, slots=True)
class Erasure:
    """What an erasure takes and leaves: texts by kind, messages cleared of answers, messages that will not leave any more."""

    seats: tuple[str, ...]
    texts: Mapping[str, int]
    kept: Mapping[str, int]
    messages: int
    cancelled: int
    done: bool


@dataclass(frozen=True, slots=True)
class _Chosen:
    """Whom it is about, and which of their texts go and which stay."""

    person: Any
    seats: tuple[str, ...]
    going: Mapping[UUID, str]
    staying: Mapping[UUID, str]
    of_meetings: Mapping[UUID, str]

    @property
    def every(self) -> list[str]:
        """The kinds of all texts that go."""
        return [*self.going.values(), *self.of_meetings.values()]


def erase(app: App, who: str, *, convention: str | None = None, carry_out: bool = False) -> Erasure:
    """Erase a person, named by code or by seat; without ``carry_out`` only say what would go.

    Refuses, with every reason, somebody who holds a seat today or later, answers for an action that is not over, has a message on its
    way, or is erased already. Raises NotFound for an unknown person, with near matches.
    """
    with app.db.write() as connection:
        work = open_work(app, connection, the_convention(connection, convention))
        chosen = _choose(work, who)
        Refused.unless_empty(_reasons(work, chosen))
        if carry_out:
            messages, cancelled = _carry_out(app, work, chosen)
        else:
            messages, cancelled = (
                _messages(work, chosen, which) for which in (_DELIVERY.c.answer.is_not(None), _DELIVERY.c.state.in_(_WAITING))
            )
    if carry_out and app.db.is_sqlite:
        _empty_journal(app)
    texts, kept = Counter(chosen.every), Counter(chosen.staying.values())
    return Erasure(chosen.seats, dict(sorted(texts.items())), dict(sorted(kept.items())), messages, cancelled, carry_out)


def _choose(work: Work, who: str) -> _Chosen:
    person = find_somebody(work, who)
    seats = seats_ever(work, person.id)
    query = sa.select(_WORDS.c.id, _WORDS.c.kind, _WORDS.c.action_id).where(written_by(work, person.id, seats))
    found = work.connection.execute(query).all()
    records = _records(work, {row.action_id for row in found if row.kind == "sheet"})
    staying = {row.id: row.kind for row in found if row.kind in _RECORDS or row.id in records}
    of_meetings = work.connection.execute(sa.select(_SAID.c.id, _SAID.c.kind).where(written_of_meetings(work, seats))).all()
    staying |= {row.id: row.kind for row in of_meetings if row.kind in _HELD}
    going = {row.id: row.kind for row in found if row.id not in staying}
    return _Chosen(person, seats, going, staying, {row.id: row.kind for row in of_meetings if row.id not in staying})


def _records(work: Work, actions: set[int]) -> set[UUID]:
    """The texts that are the convention's own record: the sheets in force of these actions, and what decisions rest on."""
    motives = sa.select(_DECISION.c.words_id).where(_DECISION.c.convention == work.convention, _DECISION.c.words_id.is_not(None))
    kept = set(work.connection.execute(motives).scalars())
    for action_id in actions:
        log = sa.select(_EVENT.c.payload).where(_EVENT.c.action_id == action_id).order_by(_EVENT.c.seq)
        sheets = [payload["sheet_id"] for payload in work.connection.execute(log).scalars() if "sheet_id" in payload]
        kept.update(UUID(sheet) for sheet in sheets[-1:])
    return kept


def _reasons(work: Work, chosen: _Chosen) -> Iterator[Problem]:
    """Everything that stands in the way."""
    still = (_SEAT.c.person_id == chosen.person.id) & (_SEAT.c.ends_on.is_(None) | (_SEAT.c.ends_on >= work.today))
    seats = work.connection.execute(sa.select(_SEAT.c.code).where(still).order_by(_SEAT.c.code)).scalars().all()
    if seats:
        yield Problem("person_in_office", {"seats": ", ".join(seats)})
    leads = (_ACTION.c.convention == work.convention) & _ACTION.c.state.not_in(_ENDED)
    led = leads & (_ACTION.c.sheet["lead_person"].as_string() == chosen.person.code)
    numbers = work.connection.execute(sa.select(_ACTION.c.number).where(led).order_by(_ACTION.c.number)).scalars().all()
    if numbers:
        yield Problem("person_leads", {"actions": ", ".join(numbers)})
    leaving = _messages(work, chosen, _DELIVERY.c.state == "sending")
    if leaving:
        yield Problem("person_message_leaving", {"count": leaving})
    if chosen.person.email == ERASED and not chosen.every:
        yield Problem("person_erased")


def _messages(work: Work, chosen: _Chosen, which: sa.ColumnElement[bool]) -> int:
    query = sa.select(sa.func.count()).where(_DELIVERY.c.person_id == chosen.person.id, which)
    return int(work.connection.execute(query).scalar_one())


def _carry_out(app: App, work: Work, chosen: _Chosen) -> tuple[int, int]:
    """Erase; returns how many messages were cleared, and how many will not leave any more."""
    connection = work.connection
    if app.db.is_sqlite:
        connection.exec_driver_sql("PRAGMA secure_delete=ON")  # what is deleted is overwritten, not only let go
    connection.execute(_WORDS.delete().where(_WORDS.c.id.in_(list(chosen.going))))
    connection.execute(_SAID.delete().where(_SAID.c.id.in_(list(chosen.of_meetings))))
    if chosen.person.email != ERASED:
        remember(connection, work.convention, chosen.person.name)
    name = Wording(chosen.person.language).say("erasure.name")
    gone = {"name": name, "email": ERASED, "channel": None, "links_from": work.wall}
    connection.execute(_PERSON.update().where(_PERSON.c.id == chosen.person.id).values(**gone))
    forget_returns(connection, chosen.person.id)
    for rows in _FORGOTTEN:
        connection.execute(rows.delete().where(rows.c.person_id == chosen.person.id))
    _forget_requests(work, chosen)
    if chosen.going:
        forget(connection)
    theirs = _DELIVERY.c.person_id == chosen.person.id
    cleared = connection.execute(_DELIVERY.update().where(theirs, _DELIVERY.c.answer.is_not(None)).values(answer=None)).rowcount
    counts = [_cancel(work, theirs & _DELIVERY.c.state.in_(states)) for states in (_WAITING, _UNDECIDED)]
    details = {"day": work.today.isoformat(), "seats": ", ".join(chosen.seats), "texts": len(chosen.every), "kept": len(chosen.staying)}
    tell_operators(work, "erasure", key=str(work.ids()), details=details)
    return cleared, counts[0]


def _cancel(work: Work, which: sa.ColumnElement[bool]) -> int:
    """There is nobody left to send to, not even again."""
    values = {"state": "cancelled", "answer": None, "reason": Reason.ERASED, "claimed_until": None, "settled_at": work.wall}
    return work.connection.execute(_DELIVERY.update().where(which).values(**values)).rowcount


def _forget_requests(work: Work, chosen: _Chosen) -> None:
    """An earlier release kept a hash of every request beside the log, without a salt: it could confirm a guess at what was asked."""
    theirs = _EVENT.c.actor.in_(chosen.seats) | _EVENT.c.on_behalf_of.in_(chosen.seats)
    events = set(work.connection.execute(sa.select(_EVENT.c.id).where(_EVENT.c.convention == work.convention, theirs)).scalars())
    known = work.connection.execute(sa.select(_REQUEST.c.key, _REQUEST.c.answer).where(_REQUEST.c.convention == work.convention)).all()
    for row in known:
        if UUID(row.answer["event"]) in events:
            work.connection.execute(_REQUEST.update().where(_REQUEST.c.key == row.key).values(digest="erased"))


def _empty_journal(app: App) -> None:
    """Write SQLite's journal back and cut it: it still holds the pages as they were."""
    with app.db.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
