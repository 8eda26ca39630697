"""Committee review: closes what is due or complete, draws the verdict, turns to the next body. And the forms that feed it."""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from flows.wrapper import carry_form, carry_stage
from models.events import Stage
from services.forms import (
    AttendanceForm,
    ChaseForm,
    CloseReviewForm,
    ConsultGroupForm,
    DecisionForm,
    ExtendReviewForm,
    LiftReservationForm,
    MoveReviewForm,
    NoteConflictForm,
    OpenReviewForm,
    OpinionForm,
)
from services.meetings.forms import (
    CancelMeetingForm,
    ChangeMeetingForm,
    CloseMeetingForm,
    ConveneMeetingForm,
    OpenMeetingForm,
    PlanMeetingForm,
)
from services.stages import run_stage


@flow(name="committee-review", flow_run_name="committee-review: started")
async def stage() -> State[Any]:
    """Take every automatic step that is due."""
    return await carry_stage(
        Stage.COMMITTEE_REVIEW, lambda app, holder, gate: run_stage(app, Stage.COMMITTEE_REVIEW, holder=holder, gate=gate)
    )


@flow(name="committee-review", flow_run_name="open-review: started", validate_parameters=False)
async def open_review(form: OpenReviewForm) -> State[Any]:
    """Open the review of a body."""
    return await carry_form(OpenReviewForm, "open-review", form)


@flow(name="committee-review", flow_run_name="close-review: started", validate_parameters=False)
async def close_review(form: CloseReviewForm) -> State[Any]:
    """Close a review."""
    return await carry_form(CloseReviewForm, "close-review", form)


@flow(name="committee-review", flow_run_name="consult-group: started", validate_parameters=False)
async def consult_group(form: ConsultGroupForm) -> State[Any]:
    """Consult one more group."""
    return await carry_form(ConsultGroupForm, "consult-group", form)


@flow(name="committee-review", flow_run_name="extend-review: started", validate_parameters=False)
async def extend_review(form: ExtendReviewForm) -> State[Any]:
    """Give a body more time."""
    return await carry_form(ExtendReviewForm, "extend-review", form)


@flow(name="committee-review", flow_run_name="chase: started", validate_parameters=False)
async def chase(form: ChaseForm) -> State[Any]:
    """Hurry those whose answer is awaited."""
    return await carry_form(ChaseForm, "chase", form)


@flow(name="committee-review", flow_run_name="move-review: started", validate_parameters=False)
async def move_review(form: MoveReviewForm) -> State[Any]:
    """Move a review to the rules in force."""
    return await carry_form(MoveReviewForm, "move-review", form)


@flow(name="committee-review", flow_run_name="note-conflict: started", validate_parameters=False)
async def note_conflict(form: NoteConflictForm) -> State[Any]:
    """Note a conflict of interest."""
    return await carry_form(NoteConflictForm, "note-conflict", form)


@flow(name="committee-review", flow_run_name="lift-reservation: started", validate_parameters=False)
async def lift_reservation(form: LiftReservationForm) -> State[Any]:
    """Lift a reservation."""
    return await carry_form(LiftReservationForm, "lift-reservation", form)


@flow(name="committee-review", flow_run_name="opinion: started", validate_parameters=False)
async def opinion(form: OpinionForm) -> State[Any]:
    """Record an opinion."""
    return await carry_form(OpinionForm, "opinion", form)


@flow(name="committee-review", flow_run_name="decision: started", validate_parameters=False)
async def decision(form: DecisionForm) -> State[Any]:
    """Record a decision."""
    return await carry_form(DecisionForm, "decision", form)


@flow(name="committee-review", flow_run_name="plan-meeting: started", validate_parameters=False)
async def plan_meeting(form: PlanMeetingForm) -> State[Any]:
    """Plan a meeting."""
    return await carry_form(PlanMeetingForm, "plan-meeting", form)


@flow(name="committee-review", flow_run_name="change-meeting: started", validate_parameters=False)
async def change_meeting(form: ChangeMeetingForm) -> State[Any]:
    """Change a meeting, also one to which people are convened."""
    return await carry_form(ChangeMeetingForm, "change-meeting", form)


@flow(name="committee-review", flow_run_name="convene-meeting: started", validate_parameters=False)
async def convene_meeting(form: ConveneMeetingForm) -> State[Any]:
    """Convene the members of a body."""
    return await carry_form(ConveneMeetingForm, "convene-meeting", form)


@flow(name="committee-review", flow_run_name="open-meeting: started", validate_parameters=False)
async def open_meeting(form: OpenMeetingForm) -> State[Any]:
    """Open a meeting with its attendance."""
    return await carry_form(OpenMeetingForm, "open-meeting", form)


@flow(name="committee-review", flow_run_name="attendance: started", validate_parameters=False)
async def attendance(form: AttendanceForm) -> State[Any]:
    """Note who attends while an action is examined."""
    return await carry_form(AttendanceForm, "attendance", form)


@flow(name="committee-review", flow_run_name="close-meeting: started", validate_parameters=False)
async def close_meeting(form: CloseMeetingForm) -> State[Any]:
    """Close a meeting."""
    return await carry_form(CloseMeetingForm, "close-meeting", form)


@flow(name="committee-review", flow_run_name="cancel-meeting: started", validate_parameters=False)
async def cancel_meeting(form: CancelMeetingForm) -> State[Any]:
    """Cancel a meeting."""
    return await carry_form(CancelMeetingForm, "cancel-meeting", form)
