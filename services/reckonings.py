"""How the deadlines of a file came about: worked out anew from its log and the rules they follow, and told only where that gives the very day."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from itertools import takewhile
from typing import Any
from zoneinfo import ZoneInfo

from models.charter import Charter
from models.deadlines import Delay, reckon
from models.events import Topic
from models.review.rules import ReviewRules
from notifications.dates import short_date
from services.deadline_kinds import Kind, delay_of_news, delay_of_review
from services.wording import Wording
from services.work import Work

Row = Mapping[str, Any]
SHEET, REVIEW_END = "sheet", "review_end"
"""Where no event is the origin: the day stands in the sheet of the action; the delay runs back from the end of the review."""
_NEWS = (Topic.ACTION_STARTED, Topic.ACTION_REGISTERED, Topic.ACTION_RESUMED, Topic.PROGRESS_REPORTED)
_RUNS_FROM: Mapping[str, tuple[Topic, ...]] = {
    Kind.PROGRESS: (*_NEWS, Topic.PROGRESS_REQUESTED),
    Kind.NEGLECT: (*_NEWS, Topic.ACTION_NEGLECTED),
    Kind.FINAL_REPORT: (Topic.FINAL_REPORT_REQUESTED,),
    Kind.RESERVATION: (Topic.REVIEW_CLOSED, Topic.FACT_RECTIFIED, Topic.RESERVATION_DELAYED),
}
"""The events from which each kind of delay runs."""
_OF_REVIEWS = (Topic.REVIEW_OPENED, Topic.REVIEW_EXTENDED, Topic.REVIEW_MOVED)
"""The events that give a review its last day."""


class Reckoner:
    """Tells how deadlines came about, as things stand in a transaction at work."""

    def __init__(self, work: Work, reviews: Sequence[Row], log: Sequence[Row]) -> None:
        """``reviews`` and ``log``: of one action, oldest first."""
        self._work, self._reviews, self._log = work, reviews, log
        self._charter = cache(work.charter_of)

    def how(self, due: Row) -> dict[str, Any] | None:
        """How the day of an open deadline came about; None where the log and its rules do not give it.

        ``origin``: a topic, ``review_end`` or ``sheet``; ``start``: the day from which the delay runs, or on which somebody gave the day; ``amount``,
        ``unit``: the delay; ``moved_from``: where that ends by itself, if no delay may end there; ``left_out``: closed days not counted.
        """
        match due["kind"]:
            case Kind.MILESTONE:
                return {"origin": SHEET}
            case Kind.REVIEW_END:
                return self._of_review(due)
            case Kind.REVIEW_REMINDER:
                review = self._review(due["body"])
                return (
                    None if review is None else self._ran(due, REVIEW_END, review["due_on"], self._rules(review["charter_id"], due["body"]))
                )
            case Kind.RESERVATION:
                events = (event for event in self._events(due) if due["subject"] in _reservations_of(event))
                return self._since(due, events)
            case _:
                return self._since(due, self._events(due))

    def _since(self, due: Row, events: Iterable[Row]) -> dict[str, Any] | None:
        """From the newest of these events that gives the day."""
        zone = ZoneInfo(self._work.timezone)
        for event in events:
            # An action that is registered under way lives here from the day of its recording.
            registered = event["topic"] == Topic.ACTION_REGISTERED
            start = event["recorded_at"].astimezone(zone).date() if registered else event["occurred_on"]
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
        found = self._ran(due, Topic.REVIEW_OPENED, opened["occurred_on"], rules) if by_rules else None
        moved = {"origin": str(giver["topic"]), "start": giver["occurred_on"]} if giver is not opened else None
        return found or moved

    def _ran(self, due: Row, origin: str, start: date, rules: ReviewRules | None) -> dict[str, Any] | None:
        """The delay of a deadline, if it runs from this day to that of the deadline."""
        delay = self._delay(Kind(due["kind"]), rules)
        if delay is None:
            return None
        found, calendar = reckon(start, delay, self._work.calendar), self._work.calendar
        if found.day != due["due_on"]:
            return None
        told = {"origin": str(origin), "start": start, "amount": delay.amount, "unit": str(delay.unit)}
        return {**told, "moved_from": found.counted if found.counted != found.day else None, "left_out": list(found.left_out(calendar))}

    def _delay(self, kind: Kind, rules: ReviewRules | None) -> Delay | None:
        if kind in _RUNS_FROM and kind is not Kind.RESERVATION:
            return delay_of_news(kind, self._work.charter.cadence)
        return delay_of_review(kind, rules) if rules is not None else None

    def _events(self, due: Row) -> Iterator[Row]:
        """Those from which the delay may run, the newest first."""
        topics = _RUNS_FROM[due["kind"]]
        return (event for event in reversed(self._log) if event["topic"] in topics and event["body"] in (None, due["body"]))

    def _review(self, body: str) -> Row | None:
        return next((row for row in reversed(self._reviews) if row["body"] == body), None)

    def _rules(self, charter_id: int | None, body: str) -> ReviewRules | None:
        charter: Charter = self._charter(charter_id)
        known = charter.body(body)
        return known.rules if known is not None else None


def _reservations_of(event: Row) -> set[int]:
    """The reservations that an event raised or chased, by number."""
    payload = event["payload"]
    return {*(payload.get("reservations") or {}).get("seats", {}).values(), payload.get("reservation")}


def in_words(how: Row | None, words: Wording) -> str:
    """The same as a sentence; empty where it is not known."""
    if how is None:
        return ""
    if how["origin"] == SHEET:
        return words.say("reckoned.sheet")
    origin, start = words.label("runs_from", how["origin"]), short_date(how["start"], words.language)
    if "amount" not in how:
        return words.say("reckoned.given", origin=origin, start=start)
    amount = abs(how["amount"])
    unit = words.label("delay_unit" if amount > 1 else "delay_unit_one", how["unit"])
    told = words.say("reckoned.before" if how["amount"] < 0 else "reckoned.after", amount=amount, unit=unit, origin=origin, start=start)
    if how["left_out"]:
        told = words.say("reckoned.left_out", told=told, days=", ".join(_periods(how["left_out"], words)))
    if how["moved_from"]:
        told = words.say("reckoned.moved", told=told, day=short_date(how["moved_from"], words.language))
    return told


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
