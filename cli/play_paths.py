"""The paths that the play has to live, and how the log proves that it did."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cli.play_steps import Role
from models.events import Topic
from models.lifecycle import State, Verb
from services.work import SYSTEM

Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Mark:
    """An event that must stand in the log: its topic, and what its payload holds. ``same``: as in the mark before it."""

    topic: Topic
    payload: Mapping[str, Any] = field(default_factory=dict)
    same: str | None = None
    reasoned: bool = False
    automatic: bool = False


@dataclass(frozen=True, slots=True)
class Path:
    """A way through the life of an action. Lived: its marks stand in this order in the log, and the action ends in this state.

    ``refused``: the verb must have been refused on the way.
    """

    name: str
    role: Role
    state: State
    marks: tuple[Mark, ...] = ()
    refused: Verb | None = None


def _marks(*topics: Topic) -> tuple[Mark, ...]:
    return tuple(Mark(topic) for topic in topics)


_UNANSWERED = Mark(Topic.REVIEW_CLOSED, {"verdict.result": "no_quorum"}, automatic=True)

PATHS: tuple[Path, ...] = (
    Path("approved", Role.APPROVED, State.APPROVED, _marks(Topic.ACTION_REFERRED, Topic.ACTION_APPROVED)),
    Path(
        "returned-and-resubmitted",
        Role.RETURNED,
        State.IN_PROGRESS,
        _marks(Topic.ACTION_RETURNED, Topic.ACTION_RESUBMITTED, Topic.REVIEW_OPENED, Topic.ACTION_APPROVED),
    ),
    Path(
        "adjourned-and-examined-again",
        Role.ADJOURNED,
        State.FINAL_REPORT_DUE,
        _marks(Topic.ACTION_ADJOURNED, Topic.REVIEW_OPENED, Topic.ACTION_REFERRED, Topic.ACTION_APPROVED),
    ),
    Path("rejected", Role.REJECTED, State.REJECTED, _marks(Topic.ACTION_REFERRED, Topic.ACTION_REJECTED)),
    Path(
        "decided-in-a-meeting",
        Role.REJECTED,
        State.REJECTED,
        (
            Mark(Topic.ATTENDANCE_RECORDED, {"attendance.second": False}),
            Mark(Topic.REVIEW_CLOSED, automatic=True),
            Mark(Topic.ACTION_REJECTED),
        ),
    ),
    Path("suspended-and-resumed", Role.SUSPENDED, State.IN_PROGRESS, _marks(Topic.ACTION_SUSPENDED, Topic.ACTION_RESUMED)),
    Path("completed", Role.ADJOURNED, State.FINAL_REPORT_DUE, _marks(Topic.ACTION_COMPLETED, Topic.FINAL_REPORT_REQUESTED)),
    Path("abandoned", Role.ABANDONED, State.ABANDONED, _marks(Topic.ACTION_STARTED, Topic.ACTION_ABANDONED)),
    Path(
        "closed-with-final-report",
        Role.CLOSED,
        State.CLOSED,
        _marks(Topic.ACTION_COMPLETED, Topic.FINAL_REPORT_REQUESTED, Topic.FINAL_REPORT_FILED, Topic.ACTION_CLOSED),
    ),
    Path("reminded-before-the-deadline", Role.ADJOURNED, State.FINAL_REPORT_DUE, _marks(Topic.REVIEW_REMINDED, Topic.REVIEW_CLOSED)),
    Path(
        "extended-by-the-secretary",
        Role.ADJOURNED,
        State.FINAL_REPORT_DUE,
        (Mark(Topic.REVIEW_REMINDED), Mark(Topic.REVIEW_EXTENDED, reasoned=True), Mark(Topic.REVIEW_CLOSED)),
    ),
    Path("hurried-for-an-opinion", Role.ADJOURNED, State.FINAL_REPORT_DUE, (Mark(Topic.REVIEW_CHASED, reasoned=True), _UNANSWERED)),
    Path("silent-until-the-deadline", Role.ADJOURNED, State.FINAL_REPORT_DUE, (_UNANSWERED, Mark(Topic.ACTION_ADJOURNED))),
    Path(
        "reservations-with-reasons",
        Role.CLOSED,
        State.CLOSED,
        (Mark(Topic.OPINION_RECORDED, {"opinion": "with_reservations"}, reasoned=True),),
    ),
    Path(
        "reservation-chased-and-lifted",
        Role.CLOSED,
        State.CLOSED,
        (
            Mark(Topic.REVIEW_CLOSED, {"verdict.result": "with_reservations"}, automatic=True),
            Mark(Topic.RESERVATION_DELAYED, automatic=True),
            Mark(Topic.RESERVATION_LIFTED, reasoned=True),
            Mark(Topic.ACTION_COMPLETED),
        ),
    ),
    Path(
        "opinion-changed",
        Role.APPROVED,
        State.APPROVED,
        (
            Mark(Topic.OPINION_RECORDED, {"opinion": "unfavourable"}),
            Mark(Topic.OPINION_RECORDED, {"opinion": "favourable"}, same="voter"),
            Mark(Topic.REVIEW_CLOSED),
        ),
    ),
    Path(
        "conflict-declared",
        Role.ABANDONED,
        State.ABANDONED,
        (
            Mark(Topic.OPINION_RECORDED),
            Mark(Topic.CONFLICT_DECLARED),
            Mark(Topic.REVIEW_CLOSED, {"verdict.recused": 1}, automatic=True),
        ),
    ),
    Path("opinion-rectified", Role.REJECTED, State.REJECTED, (Mark(Topic.FACT_RECTIFIED, {"fact": "opinion"}, reasoned=True),)),
    Path("milestone-passed", Role.ADJOURNED, State.FINAL_REPORT_DUE, (Mark(Topic.MILESTONE_PASSED, automatic=True),)),
    Path("progress-asked-and-reported", Role.CLOSED, State.CLOSED, _marks(Topic.PROGRESS_REQUESTED, Topic.PROGRESS_REPORTED)),
    Path("blocked-and-helped", Role.RETURNED, State.IN_PROGRESS, _marks(Topic.BLOCKER_RAISED, Topic.BLOCKER_LIFTED)),
    Path(
        "neglected",
        Role.ABANDONED,
        State.ABANDONED,
        (Mark(Topic.ACTION_NEGLECTED, automatic=True), Mark(Topic.PROGRESS_CHASED, reasoned=True), Mark(Topic.ACTION_ABANDONED)),
    ),
    Path(
        "hurried-to-start",
        Role.APPROVED,
        State.APPROVED,
        (Mark(Topic.START_DELAYED, automatic=True), Mark(Topic.START_CHASED, reasoned=True)),
    ),
    Path(
        "final-report-late-and-in-two-parts",
        Role.CLOSED,
        State.CLOSED,
        _marks(
            *(Topic.FINAL_REPORT_DELAYED, Topic.FINAL_REPORT_CHASED),
            *(Topic.FINAL_REPORT_FILED, Topic.FINAL_REPORT_FILED, Topic.ACTION_CLOSED),
        ),
    ),
    Path("incomplete-and-withdrawn", Role.WITHDRAWN, State.WITHDRAWN, _marks(Topic.ACTION_RETURNED, Topic.ACTION_WITHDRAWN)),
    Path(
        "registered-under-way",
        Role.UNDER_WAY,
        State.IN_PROGRESS,
        _marks(Topic.ACTION_REGISTERED, Topic.PROGRESS_REPORTED),
    ),
    Path("refused-with-reasons", Role.APPROVED, State.APPROVED, refused=Verb.APPROVE),
)


def lived(path: Path, log: Iterable[Event]) -> bool:
    """Whether every mark of a path stands in the log of its action, in order."""
    events = iter(log)
    before: Event | None = None
    for mark in path.marks:
        before = next((event for event in events if _bears(event, mark, before)), None)
        if before is None:
            return False
    return True


def _bears(event: Event, mark: Mark, before: Event | None) -> bool:
    payload = event["payload"]
    return (
        event["topic"] == mark.topic
        and all(_at(payload, name) == value for name, value in mark.payload.items())
        and (mark.same is None or before is None or payload.get(mark.same) == before["payload"].get(mark.same))
        and (not mark.reasoned or "reason_id" in payload)
        and (not mark.automatic or event["actor"] == SYSTEM)
    )


def _at(payload: Mapping[str, Any], name: str) -> Any:
    """A value of the payload by its dotted name."""
    found: Any = payload
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found
