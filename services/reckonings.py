"""How the deadlines of a file were computed: worked out anew from its log and the rules they follow, and told only where that gives the very day."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import chain
from typing import Any
from zoneinfo import ZoneInfo

from models.deadlines import Delay, Reckoning, reckon
from models.events import Topic
from models.review.rules import ReviewRules
from notifications.dates import short_date
from services.deadline_kinds import Kind, delay_of_news, delay_of_review
from services.wording import Wording
from services.work import Work

Row = Mapping[str, Any]
SHEET = "sheet"
"""A day that stands in the sheet of the action: nothing was computed."""
_NEWS = (Topic.ACTION_STARTED, Topic.ACTION_REGISTERED, Topic.ACTION_RESUMED, Topic.PROGRESS_REPORTED)
_RUNS_FROM: Mapping[str, tuple[Topic, ...]] = {
    Kind.REVIEW_END: (Topic.REVIEW_OPENED,),
    Kind.PROGRESS: (*_NEWS, Topic.PROGRESS_REQUESTED),
    Kind.NEGLECT: (*_NEWS, Topic.ACTION_NEGLECTED),
    Kind.FINAL_REPORT: (Topic.FINAL_REPORT_REQUESTED,),
    Kind.RESERVATION: (Topic.REVIEW_CLOSED, Topic.RESERVATION_DELAYED),
}
"""The events from which each kind of delay runs."""
_OF_REVIEWS = (Kind.REVIEW_END, Kind.REVIEW_REMINDER, Kind.RESERVATION)
_GIVEN_BY = (Topic.REVIEW_EXTENDED, Topic.REVIEW_MOVED)
"""The events that give a review another last day."""


def how_computed(work: Work, due: Row, reviews: Sequence[Row], log: Sequence[Row]) -> dict[str, Any] | None:
    """How the day of an open deadline came about; None where the log and the rules in force no longer give it.

    ``reviews`` and ``log``: of its action, oldest first. ``origin``: a topic, ``review_end`` or ``sheet``; ``start``: the day from which it runs,
    or on which somebody gave it; ``amount``, ``unit``: the delay; ``moved_from``: where that ends by itself, if no delay may end there; ``left_out``: closed days not counted.
    """
    if due["kind"] == Kind.MILESTONE:
        return {"origin": SHEET}
    review = next((row for row in reversed(reviews) if row["body"] == due["body"]), None)
    delay = _delay(work, Kind(due["kind"]), review)
    starts = [("review_end", review["due_on"])] if review and due["kind"] == Kind.REVIEW_REMINDER else _starts(work, due, log)
    return next(chain(_reckoned(work, due, delay, starts) if delay else (), _given(due, log)), None)


def _delay(work: Work, kind: Kind, review: Row | None) -> Delay | None:
    if kind not in _OF_REVIEWS:
        return delay_of_news(kind, work.charter.cadence)
    rules = _rules(work, review) if review is not None else None
    return delay_of_review(kind, rules) if rules is not None else None


def _rules(work: Work, review: Row) -> ReviewRules | None:
    body = work.charter_of(review["charter_id"]).body(review["body"])
    return body.rules if body is not None else None


def _starts(work: Work, due: Row, log: Iterable[Row]) -> Iterator[tuple[str, date]]:
    """From where the delay may run, the newest event first: the day of the fact, or that on which it was recorded."""
    zone = ZoneInfo(work.timezone)
    for event in reversed(list(log)):
        if event["topic"] in _RUNS_FROM[due["kind"]] and event["body"] in (None, due["body"]):
            yield from ((event["topic"], day) for day in (event["occurred_on"], event["recorded_at"].astimezone(zone).date()))


def _reckoned(work: Work, due: Row, delay: Delay, starts: Iterable[tuple[str, date]]) -> Iterator[dict[str, Any]]:
    for origin, start in starts:
        found = reckon(start, delay, work.calendar)
        if found.day == due["due_on"]:
            yield {"origin": origin, **_told(found, work)}


def _told(found: Reckoning, work: Work) -> dict[str, Any]:
    moved_from = found.counted if found.counted != found.day else None
    delay = {"amount": found.delay.amount, "unit": str(found.delay.unit)}
    return {"start": found.start, **delay, "moved_from": moved_from, "left_out": list(found.left_out(work.calendar))}


def _given(due: Row, log: Iterable[Row]) -> Iterator[dict[str, Any]]:
    """Who extended a review, or moved it to other rules, gave its last day."""
    given = [event for event in log if event["topic"] in _GIVEN_BY and event["body"] == due["body"]]
    for event in reversed(given if due["kind"] == Kind.REVIEW_END else []):
        if event["payload"].get("due_on") == due["due_on"].isoformat():
            yield {"origin": str(event["topic"]), "start": event["occurred_on"]}


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
