"""What is assumed, carried out in a scratch copy through the same doors as any act."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

from pydantic import ValidationError

from models.assumptions import Act
from models.commands import Via
from models.errors import Refused
from models.lifecycle import Verb
from services.absences import note_absence
from services.bootstrap import App
from services.forecast.meant import Meant, named
from services.forecast.scene import Scene, secretary_of
from services.forms import (
    AbandonForm,
    AmendForm,
    CloseReviewForm,
    CompleteForm,
    DecisionForm,
    ExtendReviewForm,
    FinalReportForm,
    Form,
    LiftReservationForm,
    OpinionForm,
    ProgressForm,
    ResumeForm,
    StartForm,
    SuspendForm,
    WithdrawForm,
)
from services.meetings.forms import ChangeMeetingForm
from services.meetings.requests import send_meeting
from services.requests import send
from services.validation import explain_validation
from services.work import Work, open_work

_WORDS = "Prévision"
"""The reason that an assumed act gives: it never leaves the scratch copy."""
_HALF_DONE = 50


class Acting(NamedTuple):
    """An assumption about to be carried out, and its number among those typed."""

    app: App
    convention: str
    number: int
    meant: Meant

    def ask(self, form: type[Form], step: int = 0, **given: Any) -> None:
        """Send a form about the action as a person would."""
        try:
            filled = form.model_validate({"action": self.meant.code, **given})
        except ValidationError as error:
            raise Refused(*explain_validation(error)) from None
        send(self.app, filled, key=self.key(step), via=Via.PORTAL)

    def key(self, step: int = 0) -> str:
        """The key of a request."""
        return f"forecast:{self.number}:{step}"


def carry_out(app: App, convention: str, number: int, meant: Meant) -> None:
    """Carry out an assumption at the present virtual moment. Raises Refused where the rules say no, led by the assumption as it was typed."""
    try:
        _CARRIED_OUT[meant.act](Acting(app, convention, number, meant))
    except Refused as refused:
        raise named(refused, meant.assumption, meant.day) from None


def _scene(acting: Acting, look: Callable[[Scene], Any]) -> Any:
    with acting.app.db.read() as connection:
        return look(Scene(_work(acting, connection), acting.meant.code))


def _work(acting: Acting, connection: Any) -> Work:
    return open_work(acting.app, connection, acting.convention)


def _clerk(acting: Acting) -> str:
    with acting.app.db.read() as connection:
        return secretary_of(_work(acting, connection), acting.meant.body)


def _opinion(acting: Acting) -> None:
    meant = acting.meant
    rules = _scene(acting, lambda scene: scene.rules(meant.body or ""))
    reason = _WORDS if rules is not None and meant.value in rules.reasons_required_for else None
    acting.ask(OpinionForm, seat=meant.seat, voter=meant.seat, body=meant.body, opinion=meant.value, reason=reason)


def _progress(acting: Acting) -> None:
    percent = acting.meant.number if acting.meant.value is not None else _HALF_DONE
    acting.ask(ProgressForm, seat=_scene(acting, Scene.pilot), percent=percent, summary=_WORDS)


def _reached(acting: Acting) -> None:
    acting.ask(ProgressForm, seat=_scene(acting, Scene.pilot), percent=_HALF_DONE, summary=_WORDS, reached=[acting.meant.number])


def _final_report(acting: Acting) -> None:
    acting.ask(FinalReportForm, seat=_scene(acting, Scene.pilot), results=_WORDS, lessons=_WORDS)


def _by_pilot(form: type[Form], acting: Acting) -> None:
    acting.ask(form, seat=_scene(acting, Scene.pilot), reason=_WORDS)


def _by_clerk(form: type[Form], acting: Acting) -> None:
    acting.ask(form, seat=_clerk(acting), reason=_WORDS)


def _decided(outcome: Verb, acting: Acting) -> None:
    """The committee before which the action is closes its review, if it is open, and decides."""
    body, is_open = _scene(acting, lambda scene: (scene.committee, scene.is_open(scene.committee)))
    seat = _scene(acting, lambda scene: scene.clerk(body))
    if is_open:
        acting.ask(CloseReviewForm, seat=seat, body=body, reason=_WORDS)
    acting.ask(DecisionForm, step=1, seat=seat, body=body, outcome=outcome, reason=_WORDS)


def _lift(acting: Acting) -> None:
    acting.ask(LiftReservationForm, seat=_clerk(acting), reservation=acting.meant.number, reason=_WORDS)


def _review_end(acting: Acting) -> None:
    acting.ask(ExtendReviewForm, seat=_clerk(acting), body=acting.meant.body, until=acting.meant.day, reason=_WORDS)


def _milestone(acting: Acting) -> None:
    plans = list(_scene(acting, lambda scene: scene.sheet).milestones)
    position = acting.meant.number - 1
    plans[position] = plans[position].model_copy(update={"due_on": acting.meant.day})
    acting.ask(AmendForm, seat=_scene(acting, Scene.pilot), milestones=plans, reason=_WORDS)


def _meeting_day(acting: Acting) -> None:
    form = ChangeMeetingForm(seat=_clerk(acting), meeting=acting.meant.code, held_on=acting.meant.day)
    send_meeting(acting.app, form, key=acting.key(), via=Via.PORTAL)


def _absent(acting: Acting) -> None:
    asked = acting.meant.assumption
    given = {"starts_on": str(asked.day), "ends_on": str(asked.last), "deputy": (asked.detail(0) or "").upper()}
    note_absence(acting.app, acting.convention, acting.meant.code, given)


_CARRIED_OUT: Mapping[Act, Callable[[Acting], None]] = {
    Act.OPINION: _opinion,
    Act.PROGRESS: _progress,
    Act.REACHED: _reached,
    Act.FINAL_REPORT: _final_report,
    Act.START: partial(_by_pilot, StartForm),
    Act.SUSPEND: partial(_by_pilot, SuspendForm),
    Act.RESUME: partial(_by_pilot, ResumeForm),
    Act.COMPLETE: partial(_by_pilot, CompleteForm),
    Act.ABANDON: partial(_by_clerk, AbandonForm),
    Act.WITHDRAW: partial(_by_clerk, WithdrawForm),
    Act.REFER: partial(_decided, Verb.REFER),
    Act.ADJOURN: partial(_decided, Verb.ADJOURN),
    Act.APPROVE: partial(_decided, Verb.APPROVE),
    Act.REJECT: partial(_decided, Verb.REJECT),
    Act.LIFT: _lift,
    Act.REVIEW_END: _review_end,
    Act.MILESTONE: _milestone,
    Act.MEETING_DAY: _meeting_day,
    Act.ABSENT: _absent,
}
