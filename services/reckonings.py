"""How the deadlines of a file came about: worked out anew from its log and the rules they follow, and told only where that gives the very day."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import takewhile
from typing import Any

from models.charter import ActionSheet, Charter
from models.deadlines import Calendar, Delay, Reckoning, end_of_day, reckon
from models.events import Topic
from models.ladders import Ladder, place_at
from models.lifecycle import State
from models.review.rules import ReviewRules
from notifications.dates import short_date
from services.clock import local_day
from services.deadline_kinds import ASKED_FOR, RUNS_FROM, Kind, delay_of_news, delay_of_review, grace, ladder_of
from services.former_charters import FormerCharters
from services.news import BEGUN, day_of
from services.wording import Wording
from services.work import Work

Row = Mapping[str, Any]
SHEET, TOLD = "sheet", "told"
"""Where no event is the origin: the day stands in the sheet of the action; the delay runs from the day on which who was asked heard of it."""
SEAT, CHARTER, MEETING = "seat", "charter", "meeting"
"""Where there is no action either: the day stands with the seat, or in the charter; the delay runs back from the day of the meeting."""
NEXT, LATE, RESTING, OVER = "next", "late", "resting", "over"
"""How the next rung of a ladder stands."""
_RUNS_FROM: Mapping[str, tuple[Topic, ...]] = {
    **RUNS_FROM,
    Kind.PROGRESS_REPORT: (Topic.PROGRESS_REQUESTED,),
    Kind.COMPLETION: (Topic.ACTION_RETURNED,),
    Kind.FOLLOW_UP: (Topic.ACTION_APPROVED,),
    Kind.FINAL_REPORT: (Topic.FINAL_REPORT_REQUESTED,),
    Kind.RESERVATION: (Topic.REVIEW_CLOSED, Topic.FACT_RECTIFIED),
}
"""The events from which each kind of delay runs."""
_OF_REVIEWS = (Topic.REVIEW_OPENED, Topic.REVIEW_EXTENDED, Topic.REVIEW_MOVED)
"""The events that give a review its last day."""


class Reckoner:
    """Tells how deadlines came about, as things stand in a transaction at work."""

    def __init__(
        self,
        work: Work,
        reviews: Sequence[Row],
        log: Sequence[Row],
        sheet: ActionSheet | None,
        former: FormerCharters | None = None,
    ) -> None:
        """``reviews`` and ``log``: of the action with this sheet, oldest first; the sheet counts only where its pilot is asked for news.

        ``former``: the earlier charters of the convention, where several actions share them.
        """
        self._work, self._reviews, self._log, self._sheet = work, reviews, log, sheet
        self._former = former or FormerCharters(work)

    def how(self, due: Row) -> dict[str, Any] | None:
        """How the day of an open deadline came about, by the charter in force, else by the one in force when it was given; None where neither gives it.

        ``origin``: a topic, ``sheet`` or ``told``; ``start``: the day from which the delay runs, or on which somebody gave the day; ``amount``,
        ``unit``: the delay; ``moved_from``: where that ends by itself, if no delay may end there; ``school``: whether school holidays moved it;
        ``left_out``: closed days not counted;
        ``went_on``: the delay is what was left of an earlier one; ``charter_on``: a day on which the charter that gives it was in force, if it is no more.
        """
        return self.by_charter(due) or self._formerly(due)

    def _formerly(self, due: Row) -> dict[str, Any] | None:
        """By the charters that were in force when what may have given the day was recorded, the newest first."""
        tried = set[int]()
        for moment in self._moments(due):
            under = self._former.at(moment)
            if under is None or under.charter_id in tried:
                continue
            tried.add(under.charter_id)
            if found := Reckoner(under, self._reviews, self._log, self._sheet, self._former).by_charter(due):
                return {**found, "charter_on": local_day(moment, self._work.timezone)}
        return None

    def _moments(self, due: Row) -> Iterator[datetime]:
        """When what may have given the day was recorded, the newest first."""
        if due["told_on"] is not None:
            yield end_of_day(due["told_on"], self._work.timezone)
        else:
            yield from (event["recorded_at"] for event in self._events(due))

    def by_charter(self, due: Row) -> dict[str, Any] | None:
        """The same by the charter at work."""
        match due["kind"]:
            case Kind.MILESTONE:
                return {"origin": SHEET}
            case Kind.REVIEW_END:
                return self._of_review(due)
            case Kind.RESERVATION:
                events = (event for event in self._events(due) if due["subject"] in _reservations_of(event))
                return self._since(due, events)
            case _ if due["told_on"] is not None:
                return self._ran(due, TOLD, due["told_on"], None)
            case _:
                return self._since(due, self._events(due))

    def ahead(self, due: Row) -> dict[str, Any] | None:
        """The next rung of an open deadline's ladder; None where there is no ladder.

        ``on``: its day, or where that is past, the day on which it is looked at again; ``to``: who is told; both None once none is left.
        ``standing``: ``next``; ``late`` where its day is past; ``resting`` while the action is suspended; ``over`` once none is left.
        """
        kind = Kind(due["kind"])
        review = self._review(due["body"]) if due["body"] else None
        ladder = ladder_of(kind, self._work.charter, self._rules(review["charter_id"], due["body"]) if review is not None else None)
        told = next_rung(self._work, due, ladder)
        return {**told, "standing": RESTING} if told and told["to"] and self._log[-1]["after"] == State.SUSPENDED else told

    def _since(self, due: Row, events: Iterable[Row]) -> dict[str, Any] | None:
        """From the newest of these events that gives the day; what is asked for runs from the day on which that was recorded."""
        zone = self._work.timezone
        for event in events:
            start = local_day(event["recorded_at"], zone) if due["kind"] in ASKED_FOR else day_of(event, zone)
            review = self._review(due["body"]) if due["body"] else None
            rules = self._rules(review["charter_id"], due["body"]) if review is not None else None
            if found := self._ran(due, event["topic"], start, rules):
                return found
        return None

    def _of_review(self, due: Row) -> dict[str, Any] | None:
        """By the opening of the review and its rules, or by whoever gave it another day: the oldest of those that gave the present one."""
        given = [event for event in self._log if event["topic"] in _OF_REVIEWS and event["body"] == due["body"]]
        same = list(takewhile(lambda event: event["payload"].get("due_on") == due["due_on"].isoformat(), reversed(given)))
        opened = next((event for event in reversed(given) if event["topic"] == Topic.REVIEW_OPENED), None)
        if not same or opened is None:
            return None
        giver = same[-1]
        by_rules = giver["topic"] != Topic.REVIEW_EXTENDED
        rules = self._rules(giver["payload"].get("charter"), due["body"])
        found = self._went_on(due, opened) or self._ran(due, Topic.REVIEW_OPENED, opened["occurred_on"], rules) if by_rules else None
        moved = {"origin": str(giver["topic"]), "start": giver["occurred_on"]} if giver is not opened else None
        return found or moved

    def _went_on(self, due: Row, opened: Row) -> dict[str, Any] | None:
        """By what was left of the delay of an earlier review, if this one was opened with that."""
        left = opened["payload"].get("left")
        if left is None:
            return None
        found = self._counted(due, Topic.REVIEW_OPENED, opened["occurred_on"], Delay(left, opened["payload"]["left_unit"]))
        return found and {**found, "went_on": True}

    def _ran(self, due: Row, origin: str, start: date, rules: ReviewRules | None) -> dict[str, Any] | None:
        """The delay of a deadline, if it runs from this day to that of the deadline."""
        counted = (self._counted(due, origin, start, delay) for delay in self._delays(Kind(due["kind"]), origin, rules))
        return next((found for found in counted if found is not None), None)

    def _counted(self, due: Row, origin: str, start: date, delay: Delay) -> dict[str, Any] | None:
        found = reckon(start, delay, self._work.calendar)
        return explained(found, str(origin), self._work.calendar) if found.day == due["due_on"] else None

    def _delays(self, kind: Kind, origin: str, rules: ReviewRules | None) -> Iterator[Delay]:
        """Those that may have given the day; a new action is left alone for some time."""
        cadence = self._work.charter.cadence
        of_news = kind in _RUNS_FROM and kind is not Kind.RESERVATION
        delay = delay_of_news(kind, cadence, self._sheet) if of_news else delay_of_review(kind, rules) if rules is not None else None
        if delay is not None:
            yield delay
        if kind in RUNS_FROM and origin in BEGUN:
            yield grace(cadence)

    def _events(self, due: Row) -> Iterator[Row]:
        """Those from which the delay may run, the newest first."""
        topics = gives(due["kind"])
        return (
            event
            for event in reversed(self._log)
            if event["topic"] in topics and (due["body"] is None or event["body"] in (None, due["body"]))
        )

    def _review(self, body: str) -> Row | None:
        return next((row for row in reversed(self._reviews) if row["body"] == body), None)

    def _rules(self, charter_id: int | None, body: str) -> ReviewRules | None:
        charter: Charter = self._work.charter if charter_id is None else self._former.charter_of(charter_id)
        known = charter.body(body)
        return known.rules if known is not None else None


def next_rung(work: Work, due: Row, ladder: Ladder) -> dict[str, Any] | None:
    """The next rung of an open deadline, as ``Reckoner.ahead`` tells it."""
    if not ladder:
        return None
    place = place_at(ladder, due["rung"], due["due_on"], work.calendar)
    if place.next_on is None or due["due_at"] is None:
        return {"on": None, "to": None, "standing": OVER}
    to = [str(level) for level in ladder[place.rung].to]
    if place.next_on >= work.today:
        return {"on": place.next_on, "to": to, "standing": NEXT}
    return {"on": max(work.today, local_day(due["due_at"], work.timezone)), "to": to, "standing": LATE}


def explained(found: Reckoning, origin: str, calendar: Calendar) -> dict[str, Any]:
    """How a day came about, as ``Reckoner.how`` tells it."""
    told = {"origin": origin, "start": found.start, "amount": found.delay.amount, "unit": str(found.delay.unit)}
    moved = {"moved_from": found.counted if found.counted != found.day else None, "school": found.put_off(calendar)}
    return {**told, **moved, "left_out": list(found.left_out(calendar))}


def gives(kind: str) -> tuple[Topic, ...]:
    """The events that give a kind of deadline its day, as far as the log does."""
    return _OF_REVIEWS if kind == Kind.REVIEW_END else _RUNS_FROM.get(kind, ())


def _reservations_of(event: Row) -> set[int]:
    """The reservations that an event raised or chased, by number."""
    payload = event["payload"]
    return {*(payload.get("reservations") or {}).get("seats", {}).values(), payload.get("reservation")}


def in_words(how: Row | None, words: Wording) -> str:
    """The same as a sentence; empty where it is not known."""
    if how is None:
        return ""
    if "start" not in how:
        return words.say(f"reckoned.{how['origin']}")
    origin, start = words.label("runs_from", how["origin"]), short_date(how["start"], words.language)
    if "amount" not in how:
        return words.say("reckoned.given", origin=origin, start=start)
    amount = abs(how["amount"])
    unit = words.label("delay_unit" if amount > 1 else "delay_unit_one", how["unit"])
    told = words.say("reckoned.before" if how["amount"] < 0 else "reckoned.after", amount=amount, unit=unit, origin=origin, start=start)
    if how.get("went_on"):
        told = words.say("reckoned.went_on", told=told)
    if how["left_out"]:
        told = words.say("reckoned.left_out", told=told, days=", ".join(_periods(how["left_out"], words)))
    if how["moved_from"]:
        told = words.say(
            "reckoned.school" if how["school"] else "reckoned.moved", told=told, day=short_date(how["moved_from"], words.language)
        )
    if how.get("charter_on"):
        told = words.say("reckoned.formerly", told=told, day=short_date(how["charter_on"], words.language))
    return told


def next_in_words(ahead: Row | None, words: Wording) -> str:
    """The next reminder as a sentence; empty where nobody is reminded."""
    if ahead is None:
        return ""
    if ahead["standing"] in (OVER, RESTING):
        return words.say(f"ladder.{ahead['standing']}")
    to = ", ".join(words.label("level", level) for level in ahead["to"])
    return words.say(f"ladder.{ahead['standing']}", day=short_date(ahead["on"], words.language), to=to)


def _periods(days: Iterable[date], words: Wording) -> Iterator[str]:
    """Days in words: those that only Saturdays and Sundays part are one period."""
    runs: list[list[date]] = []
    for day in days:
        if runs and day - runs[-1][-1] <= timedelta(days=3 if day.weekday() == 0 else 1):
            runs[-1].append(day)
        else:
            runs.append([day])
    for run in runs:
        first, last = (short_date(day, words.language) for day in (run[0], run[-1]))
        yield words.say("reckoned.day", day=first) if first == last else words.say("reckoned.period", first=first, last=last)
