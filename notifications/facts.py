"""The table of facts under every message: what the context holds, worded, in a fixed order."""

from collections.abc import Callable, Iterator

from notifications.context import Context
from notifications.dates import clock_time, long_date, short_date
from notifications.frame import Frame
from notifications.text import one_line

_Facts = Iterator[tuple[str, str]]


def _action(context: Context, _: Frame) -> _Facts:
    action = context["action"]
    yield "action", " · ".join(part for part in (action["number"], action["title"]) if part)
    yield "axis", action["axis"]
    yield "state", action["state"]
    yield "lead", " · ".join(part for part in (action["lead_body"], action["lead_name"]) if part)


def _review(context: Context, frame: Frame) -> _Facts:
    review = context["review"]
    if context["body"]:
        yield "body", context["body"]["name"]
    yield "in_place", context["in_place"] or ""
    yield "represents", context["represents"] or ""
    yield from _proxy(context, frame)
    if review is None:
        return
    yield "review_due", long_date(review["due_on"], frame.language)
    yield "answers", frame.values["answers"].format(answered=review["answered"], expected=review["expected"])
    if review["verdict"]:
        yield "verdict", frame.opinions[review["verdict"]]
    if review["quorum_reached"] is not None:
        yield "quorum", frame.values["quorum_true" if review["quorum_reached"] else "quorum_false"]


def _proxy(context: Context, frame: Frame) -> _Facts:
    proxy = context["proxy"]
    if proxy:
        yield "giver", proxy["giver"]
        yield "holder", proxy["holder"]
        yield "until", long_date(proxy["until"], frame.language) if proxy["until"] else ""


def _meeting(context: Context, frame: Frame) -> _Facts:
    meeting = context["meeting"]
    if meeting is None:
        return
    yield "meeting", meeting["number"]
    day, time = long_date(meeting["held_on"], frame.language), clock_time(meeting["starts_at"], frame.language)
    yield "held", frame.values["held"].format(date=day, time=time)
    yield "place", meeting["place"] or ""
    yield "join", meeting["join"] or ""


def _outcome(context: Context, frame: Frame) -> _Facts:
    decision = context["decision"]
    if decision:
        day = short_date(decision["decided_on"], frame.language)
        yield "decision", frame.values["decision"].format(number=decision["number"], outcome=frame.outcomes[decision["outcome"]], date=day)
    if context["opinion"]:
        yield "opinion", frame.opinions[context["opinion"]]


def _progress(context: Context, frame: Frame) -> _Facts:
    milestone = context["milestone"]
    if milestone:
        yield "milestone", frame.values["milestone"].format(title=milestone["title"], date=short_date(milestone["due_on"], frame.language))
    if context["percent"] is not None:
        yield "percent", frame.values["percent"].format(percent=context["percent"])
    if context["due_on"] is not None:
        yield "due_on", long_date(context["due_on"], frame.language)


def _origin(context: Context, frame: Frame) -> _Facts:
    if context["meeting"] is None:
        yield "occurred_on", short_date(context["occurred_on"], frame.language)
    yield "actor", context["actor"] or ""
    yield "reference", context["reference"] or ""


_PARTS: tuple[Callable[[Context, Frame], _Facts], ...] = (_action, _review, _meeting, _outcome, _progress, _origin)


def facts(context: Context, frame: Frame) -> list[tuple[str, str]]:
    """Return (label, value) for every fact that is known; unknown ones have no line.

    Raises:
        KeyError: an opinion, verdict or outcome has a code without words.
    """
    known = ((key, one_line(value)) for part in _PARTS for key, value in part(context, frame))
    return [(frame.facts[key], value) for key, value in known if value]
