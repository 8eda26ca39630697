"""An attendance on a page: one line a seat, from which the lists of a form are read."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models.meetings import MeetingState
from models.meetings.rules import CALLED
from models.review.rules import Presence
from portal.filled import Filled
from services.bootstrap import App
from services.meetings.reading import show_meeting
from services.people import holders_of
from services.wording import Wording

_OFFERED = (Presence.PRESENT, Presence.REMOTE, Presence.REPRESENTED, Presence.EXCUSED, Presence.ABSENT)
_PRESENCE, _HOLDER = "presence.", "holder."


@dataclass(frozen=True, slots=True)
class Line:
    """A seat, whose it is, how it attends, and which seat holds its proxy."""

    seat: str
    name: str
    presence: str
    holder: str = ""


def lines(seats: Iterable[str], names: Mapping[str, str], values: Mapping[str, Any]) -> list[Line]:
    """One line a seat, as the lists of a form say it."""
    said = {str(code).partition("=")[0]: (name, str(code).partition("=")[2]) for name in CALLED for code in values.get(name) or ()}
    absent = (Presence.ABSENT.value, "")
    return [Line(seat, names.get(seat, ""), *said.get(seat, absent)) for seat in seats]


def offered(words: Wording, *, proxies: bool) -> list[tuple[str, str]]:
    """How a seat may attend, in words; represented only where the charter knows proxies."""
    return [(each, words.label("presence", each)) for each in _OFFERED if proxies or each is not Presence.REPRESENTED]


def read(sent: Filled, *, with_holders: bool) -> dict[str, Sequence[str]]:
    """What the page sent, as a form takes it. ``with_holders``: whoever is represented goes with the seat that holds their proxy."""
    found: dict[str, list[str]] = {}
    for field in sent.texts:
        seat, presence = field.removeprefix(_PRESENCE), sent.text(field)
        if field.startswith(_PRESENCE) and presence in CALLED:
            holder = sent.text(f"{_HOLDER}{seat}")
            named = f"{seat}={holder}" if presence == Presence.REPRESENTED and with_holders else seat
            found.setdefault(presence, []).append(named)
    return dict(found)


def idle_holders(sent: Filled) -> list[str]:
    """The seats for which a proxy holder was chosen although they are not represented."""
    chosen = [field.removeprefix(_HOLDER) for field in sent.texts if field.startswith(_HOLDER) and sent.text(field)]
    return [seat for seat in chosen if sent.text(f"{_PRESENCE}{seat}") != Presence.REPRESENTED]


def _at_opening(app: App, convention: str, number: str) -> dict[str, str]:
    return {row["seat"]: row["presence"] for row in show_meeting(app, number, convention=convention)["attendance"]}


def in_review(app: App, action: Mapping[str, Any], convention: str, body: str, sent: Mapping[str, Any] | None) -> tuple[str, list[Line]]:
    """The body whose open meeting examines an action, and a line for each seat that is asked there: as ``sent``, else as it stands."""
    opened = {row["body"]: row["number"] for row in action["meetings"] if row["state"] == MeetingState.OPEN}
    reviews = {review["body"]: review for review in action["reviews"] if review["closed_on"] is None and review["body"] in opened}
    review = reviews.get(body) or next(iter(reviews.values()), None)
    if review is None:
        return body, []
    if sent is None:
        standing = (review["attendance"] or {}).get("seats")
        sent = _listed(standing or _at_opening(app, convention, opened[review["body"]]))
    return str(review["body"]), lines(review["electorate"], holders_of(app, convention, review["electorate"]), sent)


def _listed(seats: Mapping[str, str]) -> dict[str, list[str]]:
    """How each seat attends, as the lists of a form."""
    return {name: [seat for seat, presence in seats.items() if presence == name] for name in CALLED}
