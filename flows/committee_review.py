"""Committee review: closes what is due or complete, draws the verdict, turns to the next body. And the forms that feed it."""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from flows.wrapper import carry_form, carry_stage
from models.events import Stage
from services.forms import (
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
