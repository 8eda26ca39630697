"""The two doors that people use, and what the play says through them: Prefect's run forms, and the command line's own way in."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from cli.play_cast import Cast
from cli.play_steps import (
    Ask,
    DaysMore,
    Everybody,
    MeetingAtHand,
    OnAgenda,
    OpinionOf,
    Opinions,
    Reserved,
    Role,
    Said,
    SheetOf,
    Today,
    Voter,
    Who,
)
from cli.play_watch import Watch
from cli.words import say
from models.charter import OpinionValue
from models.commands import Via
from models.errors import Problem, Refused
from models.events import Topic
from services import queries
from services.forms import (
    AbandonForm,
    AttendanceForm,
    ChaseForm,
    CloseReviewForm,
    CompleteForm,
    DecisionForm,
    ExtendReviewForm,
    FinalReportForm,
    Form,
    LiftBlockerForm,
    LiftReservationForm,
    NoteConflictForm,
    OpenReviewForm,
    OpinionForm,
    ProgressForm,
    ProposeForm,
    RaiseBlockerForm,
    RegisterForm,
    ResubmitForm,
    ResumeForm,
    StartForm,
    SuspendForm,
    WithdrawForm,
)
from services.meetings.forms import (
    CancelMeetingForm,
    ChangeMeetingForm,
    CloseMeetingForm,
    ConveneMeetingForm,
    MeetingForm,
    OpenMeetingForm,
    PlanMeetingForm,
)
from services.meetings.requests import send_meeting
from services.prefect_api import PrefectApi
from services.requests import send

_DEPLOYMENTS: dict[type[Form] | type[MeetingForm], str] = {
    ProposeForm: "proposal/propose",
    ResubmitForm: "proposal/resubmit",
    WithdrawForm: "proposal/withdraw",
    OpenReviewForm: "committee-review/open-review",
    ChaseForm: "committee-review/chase",
    ExtendReviewForm: "committee-review/extend-review",
    CloseReviewForm: "committee-review/close-review",
    NoteConflictForm: "committee-review/note-conflict",
    PlanMeetingForm: "committee-review/plan-meeting",
    ChangeMeetingForm: "committee-review/change-meeting",
    ConveneMeetingForm: "committee-review/convene-meeting",
    OpenMeetingForm: "committee-review/open-meeting",
    AttendanceForm: "committee-review/attendance",
    CloseMeetingForm: "committee-review/close-meeting",
    CancelMeetingForm: "committee-review/cancel-meeting",
    OpinionForm: "committee-review/opinion",
    LiftReservationForm: "committee-review/lift-reservation",
    DecisionForm: "committee-review/decision",
    RegisterForm: "implementation/register",
    StartForm: "implementation/start",
    SuspendForm: "implementation/suspend",
    ResumeForm: "implementation/resume",
    ProgressForm: "implementation/progress",
    RaiseBlockerForm: "implementation/raise-blocker",
    LiftBlockerForm: "implementation/lift-blocker",
    CompleteForm: "implementation/complete",
    AbandonForm: "implementation/abandon",
    FinalReportForm: "reporting/final-report",
}
_REFUSED = "Refused"


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a request: the seat that asked, and the reasons why not, in codes; ``count`` opinions for a whole round of them."""

    seat: str
    refusals: tuple[Problem, ...] = ()
    count: int = 1


Pending = Callable[[], Answer]
"""Waits for the answer to a request that was made."""


@dataclass(frozen=True, slots=True)
class Doors:
    """Asks for things as people do."""

    cast: Cast
    api: PrefectApi
    watch: Watch

    def ask(self, role: Role, step: Ask) -> Pending:
        """Make the request of a step; what is returned waits for its answer. An action that a form creates takes its role then."""
        form = self._filled(role, step)
        return self._in_prefect(role, form) if step.in_prefect else self._on_the_line(form)

    def propose(self, role: Role) -> Pending:
        """Propose a provision afresh, in Prefect."""
        return self.ask(role, Ask(ProposeForm, Who.TECHNICAL_SECRETARY, {"sheet": SheetOf(role)}, in_prefect=True))

    def record(self, role: Role, step: Opinions) -> Pending:
        """Record the opinions still awaited, each at once."""
        view = self.cast.view(role)
        bodies = [body for place in step.places if (body := self.cast.body(place, view))]
        answers = [self._line(form) for body in bodies for form in self._opinions(view, body, step)]
        refusals = tuple(problem for answer in answers for problem in answer.refusals)
        secretaries = dict.fromkeys(answer.seat for answer in answers)
        return lambda: Answer(", ".join(secretaries), refusals, len(answers))

    def _opinions(self, view: queries.Row, body: str, step: Opinions) -> Iterable[OpinionForm]:
        secretary = self.cast.secretary(body)
        for position, voter in enumerate(_review(view, body)["awaited"][: step.first]):
            opinion, reason = step.others.get(position, (OpinionValue.FAVOURABLE, None))
            why = say(f"play.text.{reason.code}") if reason else None
            yield OpinionForm(seat=secretary, action=view["number"], body=body, voter=voter, opinion=opinion, reason=why)

    def _filled(self, role: Role, step: Ask) -> Form | MeetingForm:
        view = self.cast.view(role) if role in self.cast.numbers else None
        body = self.cast.body(step.place, view) if step.place and view else None
        values: dict[str, Any] = {"action": view["number"]} if view and "action" in step.form.model_fields else {}
        values |= {"body": body} if body and "body" in step.form.model_fields else {}
        for name, value in step.values.items():
            if isinstance(value, SheetOf):
                values |= self.cast.sheet(value.role).model_dump(exclude_none=True)
            else:
                values[name] = self.cast.today if isinstance(value, Today) else _typed(value, view, body)
        return step.form.model_validate({"seat": self.cast.seat_of(step.who, role, body), **values})

    def _on_the_line(self, form: Form | MeetingForm) -> Pending:
        answer = self._line(form)
        return lambda: answer

    def _line(self, form: Form | MeetingForm) -> Answer:
        key = str(self.cast.app.ids())
        try:
            if isinstance(form, MeetingForm):
                send_meeting(self.cast.app, form, key=key, via=Via.PLAY)
            else:
                send(self.cast.app, form, key=key, via=Via.PLAY)
        except Refused as refused:
            return Answer(form.seat, refused.problems)
        return Answer(form.seat)

    def _in_prefect(self, role: Role, form: Form | MeetingForm) -> Pending:
        parameters = {"form": form.model_dump(mode="json", exclude_none=True)}
        run = self.api.create_run(_DEPLOYMENTS[type(form)], parameters, str(self.cast.app.ids()))
        return lambda: self._answer_of(run.id, role, form)

    def _answer_of(self, run_id: UUID, role: Role, form: Form | MeetingForm) -> Answer:
        """What the run of a form says: its state's name and message hold codes, its own name the number of the action."""
        run = self.watch.finished(run_id)
        if run.outcome == _REFUSED:
            return Answer(form.seat, (Problem("play.refused_in_prefect", {"reasons": run.message or "-"}),))
        self.cast.numbers.setdefault(role, run.name.rpartition(" ")[2])
        return Answer(form.seat)


def _review(view: queries.Row, body: str | None) -> queries.Row:
    """The last round of a body's review."""
    return max((review for review in view["reviews"] if review["body"] == body), key=lambda review: int(review["round"]))


def _typed(value: Any, view: queries.Row | None, body: str | None) -> Any:
    """What stands in a field: a text of the catalogue, or what the action at hand says of it."""
    if isinstance(value, Said):
        return say(f"play.text.{value.code}")
    if isinstance(value, tuple):
        return tuple(_typed(each, view, body) for each in value)
    look = _OF_ACTION.get(type(value))
    return value if look is None or view is None else look(value, view, body)


_OF_ACTION: Mapping[type, Callable[[Any, queries.Row, str | None], Any]] = {
    OnAgenda: lambda _, view, __: (view["number"],),
    MeetingAtHand: lambda _, view, __: view["meetings"][-1]["number"],
    Reserved: lambda _, view, body: next(row["number"] for row in view["reservations"] if (row["body"], row["standing"]) == (body, "open")),
    Everybody: lambda _, view, body: tuple(_review(view, body)["electorate"]),
    DaysMore: lambda more, view, body: _review(view, body)["due_on"] + timedelta(days=more.days),
    Voter: lambda voter, view, body: _review(view, body)["electorate"][voter.position],
    OpinionOf: lambda given, view, body: _opinion_event(view, _review(view, body)["electorate"][given.position]),
}
"""What depends on the action: its number, its meeting, a reservation, seats by their place in the electorate, a later day, an event."""


def _opinion_event(view: queries.Row, voter: str) -> str:
    recorded = (line for line in view["timeline"] if line["topic"] == Topic.OPINION_RECORDED and line["payload"]["voter"] == voter)
    return str(next(line["id"] for line in recorded))
