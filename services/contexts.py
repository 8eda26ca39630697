"""What a message says: the facts of its event, read at the moment of sending, worded for its reader."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, cast
from uuid import UUID

import sqlalchemy as sa

from models.charter import ActionSheet, BodyKind, Charter, OpinionValue
from models.deadlines import deadline
from models.events import Topic
from models.prepared import Prepared
from models.tables import Action, Decision, Event, Milestone, Opinion, Person, Review, Words, table
from notifications.catalogue import REMINDED, RUNGS, Audience
from notifications.context import BodyFacts, ChaseFacts, Context, DecisionFacts, DeliberationFacts, MilestoneFacts, ProxyFacts, ReviewFacts
from notifications.dates import short_date
from services.audiences import final_report_missing
from services.calendars import calendar_of
from services.chases import days_chased, ended_by
from services.context_frame import bare_context, secretariat_for, sheet_parts, wording
from services.deadline_kinds import NATURE, Kind, delay_of_news, topics_of
from services.deliberations import awaited_authorities
from services.in_place import in_place_of, name_of, represented_by, seat_in_words, stood_for_above
from services.recusals import Reader, recusal, recused_seats
from services.reservations import reservations_of
from services.wanted import ASKING
from services.work import SYSTEM

_ACTION, _EVENT, _PERSON = table(Action), table(Event), table(Person)
_OPINION, _REVIEW, _DECISION, _MILESTONE, _WORDS = table(Opinion), table(Review), table(Decision), table(Milestone), table(Words)
_HELD_BACK = frozenset({"action.returned", "action.adjourned", "action.rejected"})
_MOVING_ON = frozenset({Topic.ACTION_REFERRED, Topic.ACTION_APPROVED, Topic.ACTION_STARTED})
_RESERVED = _MOVING_ON | {Topic.REVIEW_CLOSED, Topic.RESERVATION_LIFTED, Topic.RESERVATION_REMINDED, Topic.RESERVATION_DELAYED}
_OF_MILESTONES = frozenset({Topic.MILESTONE_REMINDED, Topic.MILESTONE_PASSED})
_TEXTS = ("blocker", "reason", "summary", "words", "final_results", "final_lessons")
Row = Mapping[Any, Any]
_given = sa.bindparam
_ABOUT = Prepared(sa.select(_EVENT).where(_EVENT.c.id == _given("event_")))
_ACTED_ON = Prepared(sa.select(_ACTION).where(_ACTION.c.id == _given("action_")))
_REVIEWS = Prepared(
    sa.select(_REVIEW).where(_REVIEW.c.action_id == _given("action_"), _REVIEW.c.body == _given("body_")).order_by(_REVIEW.c.round.desc())
)
_ANSWERS = Prepared(
    sa.select(sa.func.count()).select_from(_OPINION).where(_OPINION.c.review_id == _given("review_"), ~_OPINION.c.superseded)
)
_DECIDED = Prepared(
    sa.select(_DECISION.c.number, _DECISION.c.outcome, _DECISION.c.decided_on).where(_DECISION.c.event_id == _given("event_"))
)
_NAME = Prepared(sa.select(_PERSON.c.name).where(_PERSON.c.convention == _given("convention_"), _PERSON.c.code == _given("person_")))


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of an event in one language, whoever reads it: read once for all its readers. ``secretariat``: office and address.

    ``in_place``: by person, the seats of absent members for which they answer, in words. ``represents``: those whose proxies they hold.
    ``stood_for``: by person, the names of those above who are away and for whom they stand in.
    """

    charter: Charter
    today: date
    event: Row
    number: str
    review: Row | None
    secretariat: tuple[str, str]
    facts: Context
    in_place: Mapping[int, str]
    represents: Mapping[int, str]
    stood_for: Mapping[int, str]

    def context(self, reader: str, because: str, person: int | None = None) -> Context:
        """The facts, for a reader of this name, told in this capacity."""
        recipient = {**self.facts["recipient"], "name": reader}
        return cast("Context", {**self.facts, "recipient": recipient, "because": because, **self.for_whom(person, because)})

    def for_whom(self, person: int | None, because: str) -> dict[str, str | None]:
        """The seats of others for which a reader answers, in words; the names of those for whom somebody stands in who was told in that capacity."""
        in_place = self.stood_for if because == Audience.BODY_STAND_IN else self.in_place
        return {"in_place": in_place.get(person or 0), "represents": self.represents.get(person or 0)}


def tell(connection: sa.Connection, charter: Charter, event_id: UUID, *, language: str, rehearsal: bool, today: date) -> Told:
    """Read what the messages about an event may speak of."""
    teller = _Teller(connection, charter, event_id, language=language, today=today)
    facts = teller.facts(rehearsal=rehearsal)
    in_place = in_place_of(connection, charter, wording(language), (teller.event, teller.review), today)
    asking = teller.review if teller.event["topic"] in ASKING else None
    represents = represented_by(connection, charter, wording(language), asking, today)
    stood_for = stood_for_above(connection, charter.convention.code, teller.event, today)
    number = teller.action["number"]
    return Told(charter, today, teller.event, number, teller.review, teller.secretariat, facts, in_place, represents, stood_for)


class _Teller:
    """Reads the facts about one event."""

    def __init__(self, connection: sa.Connection, charter: Charter, event_id: UUID, *, language: str, today: date) -> None:
        """Load the event, its action, its review, and who signs."""
        self._connection, self._charter = connection, charter
        self._language, self._today = language, today
        self._words = wording(language)
        self.event: Row = _ABOUT.first(connection, event_=event_id)._asdict()
        self.action: Row = _ACTED_ON.first(connection, action_=self.event["action_id"])._asdict()
        self._payload: Row = self.event["payload"]
        self.review = self._find_review()
        self.secretariat = secretariat_for(connection, charter, self.event["body"], language, today)

    def facts(self, *, rehearsal: bool) -> Context:
        """Everything that does not depend on the reader."""
        sheet = self.action["sheet"]
        charter, language = self._charter, self._language
        return {
            **bare_context(charter.convention.name.of(language), language, rehearsal=rehearsal, today=self._today, privacy="", link=None),
            "action": {
                "number": self.action["number"],
                "title": sheet["title"],
                "axis": name_of(charter, "axes", sheet.get("axis"), language),
                "state": self._words.label("state", self.event["after"]),
                "lead_body": name_of(charter, "partners", sheet.get("lead_body"), language)
                or name_of(charter, "bodies", sheet.get("lead_body"), language),
                "lead_name": self._person_name(sheet.get("lead_person")),
            },
            "body": self._body(),
            "review": self._review_facts(self.review),
            "decision": self._decision(),
            "deliberation": self._deliberation(),
            "reasons": self._texts(_TEXTS) or self._objections(self.review),
            "missing": self._missing(),
            "reservations": self._reservations(),
            "milestone": self._milestone(),
            "due_on": self._due_on(),
            "occurred_on": self.event["occurred_on"],
            "days": self._days(self.review),
            "chase": self._chase(),
            "percent": self._payload.get("percent"),
            "opinion": self._payload.get("opinion"),
            "concerned": self._concerned(),
            "proxy": self._proxy(),
            "actor": self._actor(),
            "reference": next(iter(self._texts(("reference",))), None) or self._successor() or self._meeting(),
            "questions": self._questions(),
            "sheet": sheet_parts(charter, self._words, ActionSheet.model_validate(sheet)) if self.event["topic"] in ASKING else [],
            "how": self.secretariat[1],
        }

    def _find_review(self) -> Row | None:
        """The review that the event is about."""
        body = self._body_code()
        if body is None:
            return None
        found = _REVIEWS.all(self._connection, action_=self.action["id"], body_=body)
        return next((row._asdict() for row in found if row.id == self._payload.get("review", row.id)), None)

    def _body_code(self) -> str | None:
        """The body concerned; after a referral, the steering committee, whose turn it is."""
        if self.event["topic"] == "action.referred":
            return self._charter.body_of_kind(BodyKind.STEERING).code
        return cast("str | None", self.event["body"])

    def _body(self) -> BodyFacts | None:
        code = self._body_code()
        if code is None:
            return None
        return {"code": code, "name": name_of(self._charter, "bodies", code, self._language), "secretariat": self.secretariat[0]}

    def _review_facts(self, review: Row | None) -> ReviewFacts | None:
        if review is None:
            return None
        verdict, books = review["verdict"] or {}, Reader(self._connection, self._charter.convention.code)
        return {
            "round": review["round"],
            "due_on": review["due_on"],
            "expected": len(review["electorate"]) - len(recused_seats(books, recusal(self._connection, review["id"]))),
            "answered": verdict["answered"] if verdict else self._answers(review["id"]),
            "verdict": verdict.get("result"),
            "quorum_reached": verdict.get("quorum_reached"),
        }

    def _answers(self, review_id: int) -> int:
        return cast("int", _ANSWERS.scalar(self._connection, review_=review_id))

    def _decision(self) -> DecisionFacts | None:
        row = _DECIDED.first(self._connection, event_=self.event["id"])
        return {"number": row.number, "outcome": row.outcome, "decided_on": row.decided_on} if row else None

    def _deliberation(self) -> DeliberationFacts | None:
        if self.event["topic"] != Topic.DELIBERATION_RECORDED:
            return None
        partner = name_of(self._charter, "partners", self._payload["partner"], self._language)
        return {"partner": partner, "outcome": self._payload["outcome"], "decided_on": date.fromisoformat(self._payload["decided_on"])}

    def _texts(self, kinds: tuple[str, ...]) -> list[str]:
        ids = [UUID(self._payload[f"{kind}_id"]) for kind in kinds if f"{kind}_id" in self._payload]
        if not ids:
            return []
        rows = {row.id: row.body for row in self._connection.execute(sa.select(_WORDS.c.id, _WORDS.c.body).where(_WORDS.c.id.in_(ids)))}
        return [rows[words_id] for words_id in ids if words_id in rows]

    def _objections(self, review: Row | None) -> list[str]:
        """Why the members held an action back where their verdict alone decided: their reasons, without their names."""
        if review is None or self.event["actor"] != SYSTEM or self.event["topic"] not in _HELD_BACK:
            return []
        mine = (_OPINION.c.review_id == review["id"]) & ~_OPINION.c.superseded & (_OPINION.c.value != OpinionValue.FAVOURABLE)
        query = sa.select(_WORDS.c.body).join(_OPINION, _OPINION.c.words_id == _WORDS.c.id).where(mine).order_by(_OPINION.c.id)
        return list(dict.fromkeys(self._connection.execute(query).scalars()))

    def _missing(self) -> list[str]:
        fields = list(self._payload.get("missing", ()))
        if self.event["topic"] == "final_report.filed":
            fields = final_report_missing(self._connection, self.action["id"])
        if self.event["topic"] == Topic.ACTION_APPROVED:
            return self._authorities()
        return [self._words.label("field", name) for name in fields]

    def _authorities(self) -> list[str]:
        """The partners whose authority the action waits for, in words."""
        sheet = ActionSheet.model_validate(self.action["sheet"])
        awaited = awaited_authorities(self._connection, self._charter, self.action["id"], sheet)
        return [self._words.say("mail.authority", partner=name_of(self._charter, "partners", code, self._language)) for code in awaited]

    def _reservations(self) -> list[str]:
        """The reservation that the event is about; those of a review that closes; those that stand when an action moves on."""
        topic, named = self.event["topic"], self._payload.get("reservation")
        if topic not in _RESERVED:
            return []
        every = reservations_of(self._connection, self.action["id"])
        raised = (self._payload.get("reservations") or {}).get("seats", {}).values()
        told = [row for row in every if row["number"] in (named, *raised) or (topic in _MOVING_ON and row["standing"] == "open")]
        return [self._reservation(row) for row in told]

    def _reservation(self, row: Row) -> str:
        known = {
            "number": row["number"],
            "seat": seat_in_words(self._connection, self._charter, self._words, row["seat"]),
            "words": row["words"] or self._words.say("mail.unsaid"),
        }
        if row["due_on"] is None or row["standing"] != "open":
            return self._words.say("mail.reservation", **known)
        return self._words.say("mail.reservation_due", **known, day=short_date(row["due_on"], self._language))

    def _milestone(self) -> MilestoneFacts | None:
        return self._milestone_at(self._payload.get("subject")) if self.event["topic"] in _OF_MILESTONES else None

    def _milestone_at(self, position: int | None) -> MilestoneFacts | None:
        if position is None:
            return None
        mine = (_MILESTONE.c.action_id == self.action["id"]) & (_MILESTONE.c.position == position)
        row = self._connection.execute(sa.select(_MILESTONE).where(mine)).mappings().first()
        return {"title": row["title"], "due_on": row["due_on"]} if row else None

    def _due_on(self) -> date | None:
        if self.event["topic"] in ("progress.requested", "action.neglected"):
            promised = self._payload.get("answer_by")
            return date.fromisoformat(promised) if promised else self._answer_by()
        written = self._payload.get("due_on")
        own = self.event["body"] is None or self.event["topic"] in RUNGS
        return date.fromisoformat(written) if written and own else None

    def _answer_by(self) -> date | None:
        """The last day to answer a request whose event does not give one."""
        delay = delay_of_news(Kind.PROGRESS_REPORT, self._charter.cadence)
        return deadline(self.event["occurred_on"], delay, calendar_of(self._charter)) if delay is not None else None

    def _chase(self) -> ChaseFacts | None:
        """What a rung is about, or what the act that ends a chase has settled."""
        if self.event["topic"] in RUNGS:
            kind, subject = self._kind_chased(), self._payload.get("subject")
            told = [short_date(day, self._language) for day in days_chased(self._connection, self.event)]
            late = not self.event["topic"].endswith(REMINDED)
            untold = bool(self._payload.get("untold"))
            return {"kind": kind, "what": self._what(kind, subject), "late": late, "told": told, "untold": untold}
        if "overdue" in self._payload:
            return self._hurried()
        ended = ended_by(self._connection, self.event)
        what = ", ".join(self._what(row["kind"], row["subject"]) for row in ended)
        return {"kind": ended[0]["kind"], "what": what, "late": False, "told": [], "untold": False} if ended else None

    def _hurried(self) -> ChaseFacts:
        """What a secretary asks for again, each with its last day."""
        each = [
            self._words.say(
                "chased.overdue",
                what=self._what(due["kind"], due["subject"]),
                day=short_date(date.fromisoformat(due["due_on"]), self._language),
            )
            for due in self._payload["overdue"]
        ]
        return {"kind": self._payload["overdue"][0]["kind"], "what": ", ".join(each), "late": True, "told": [], "untold": False}

    def _kind_chased(self) -> str:
        return next(kind for kind, nature in NATURE.items() if self.event["topic"] in topics_of(nature))

    def _what(self, kind: str, subject: int | None) -> str:
        """What is awaited, in words: which milestone, which reservation, whose opinion."""
        title = milestone["title"] if kind == Kind.MILESTONE and (milestone := self._milestone_at(subject)) else ""
        body = name_of(self._charter, "bodies", self.event["body"] or "", self._language)
        return self._words.say(f"chased.{kind}", subject=subject or 0, title=title, body=body)

    def _days(self, review: Row | None) -> int | None:
        topic, written = self.event["topic"], self._payload.get("due_on")
        if topic in (Topic.REVIEW_REMINDED, Topic.REVIEW_CHASED) and review is not None:
            return max(cast("int", (review["due_on"] - self._today).days), 0)
        if topic == Topic.BLOCKER_RAISED:
            return (self._today - date.fromisoformat(self._payload["since"])).days
        if topic == "action.neglected":
            return self._charter.cadence.neglected_after_days
        if topic in RUNGS and written:
            late = (self._today - date.fromisoformat(written)).days
            return -late if topic.endswith(REMINDED) else late
        return None

    def _concerned(self) -> str | None:
        """The seat of whoever has a conflict of interest."""
        about = self.event["topic"] in (Topic.CONFLICT_DECLARED, Topic.CONFLICT_WITHDRAWN)
        return seat_in_words(self._connection, self._charter, self._words, self._payload["seat"]) if about else None

    def _proxy(self) -> ProxyFacts | None:
        """The seats between which a proxy was given, taken back or used."""
        giver, holder = self._payload.get("giver", self._payload.get("voter")), self._payload.get("holder")
        if giver is None or holder is None:
            return None
        until = self._payload.get("until")
        in_words = (seat_in_words(self._connection, self._charter, self._words, seat) for seat in (giver, holder))
        return {"giver": next(in_words), "holder": next(in_words), "until": date.fromisoformat(until) if until else None}

    def _successor(self) -> str | None:
        """The action that takes the place of this one, by number and title."""
        if self.event["topic"] != Topic.ACTION_SUPERSEDED:
            return None
        mine = (_ACTION.c.convention == self._charter.convention.code) & (_ACTION.c.number == self._payload["successor"])
        row = self._connection.execute(sa.select(_ACTION.c.number, _ACTION.c.sheet).where(mine)).one()
        return f"{row.number}, {row.sheet['title']}"

    def _meeting(self) -> str | None:
        """The meeting in which the review that closed was examined."""
        closed = self.review if self.event["topic"] == Topic.REVIEW_CLOSED else None
        return self._words.say("mail.meeting", number=closed["attendance"]["meeting"]) if closed and closed["attendance"] else None

    def _actor(self) -> str | None:
        if self.event["actor"] == SYSTEM:
            return None
        return seat_in_words(self._connection, self._charter, self._words, self.event["actor"])

    def _person_name(self, code: str | None) -> str:
        return _NAME.scalar(self._connection, convention_=self._charter.convention.code, person_=code) or "" if code else ""

    def _questions(self) -> list[str]:
        asks = self.event["topic"] in ("progress.requested", "final_report.requested")
        return [question.of(self._language) for question in self._charter.cadence.guiding_questions] if asks else []
