"""Implementation: milestones, requests for progress, actions without news. And the forms that feed it."""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from flows.wrapper import carry_form, carry_stage
from models.events import Stage
from services.forms import (
    AbandonForm,
    CompleteForm,
    DeliberationForm,
    LiftBlockerForm,
    ProgressForm,
    RaiseBlockerForm,
    RegisterForm,
    ResumeForm,
    StartForm,
    SuspendForm,
)
from services.stages import run_stage


@flow(name="implementation", flow_run_name="implementation: started")
async def stage() -> State[Any]:
    """Take every automatic step that is due."""
    return await carry_stage(Stage.IMPLEMENTATION, lambda app, holder, gate: run_stage(app, Stage.IMPLEMENTATION, holder=holder, gate=gate))


@flow(name="implementation", flow_run_name="register: started", validate_parameters=False)
async def register(form: RegisterForm) -> State[Any]:
    """Register an action already under way."""
    return await carry_form(RegisterForm, "register", form)


@flow(name="implementation", flow_run_name="deliberation: started", validate_parameters=False)
async def deliberation(form: DeliberationForm) -> State[Any]:
    """Record what a partner's authority decided."""
    return await carry_form(DeliberationForm, "deliberation", form)


@flow(name="implementation", flow_run_name="start: started", validate_parameters=False)
async def start(form: StartForm) -> State[Any]:
    """Start an approved action."""
    return await carry_form(StartForm, "start", form)


@flow(name="implementation", flow_run_name="suspend: started", validate_parameters=False)
async def suspend(form: SuspendForm) -> State[Any]:
    """Suspend an action."""
    return await carry_form(SuspendForm, "suspend", form)


@flow(name="implementation", flow_run_name="resume: started", validate_parameters=False)
async def resume(form: ResumeForm) -> State[Any]:
    """Resume a suspended action."""
    return await carry_form(ResumeForm, "resume", form)


@flow(name="implementation", flow_run_name="progress: started", validate_parameters=False)
async def progress(form: ProgressForm) -> State[Any]:
    """Report progress."""
    return await carry_form(ProgressForm, "progress", form)


@flow(name="implementation", flow_run_name="raise-blocker: started", validate_parameters=False)
async def raise_blocker(form: RaiseBlockerForm) -> State[Any]:
    """Say what stands in the way of an action."""
    return await carry_form(RaiseBlockerForm, "raise-blocker", form)


@flow(name="implementation", flow_run_name="lift-blocker: started", validate_parameters=False)
async def lift_blocker(form: LiftBlockerForm) -> State[Any]:
    """Lift a blocker."""
    return await carry_form(LiftBlockerForm, "lift-blocker", form)


@flow(name="implementation", flow_run_name="complete: started", validate_parameters=False)
async def complete(form: CompleteForm) -> State[Any]:
    """Declare an action completed."""
    return await carry_form(CompleteForm, "complete", form)


@flow(name="implementation", flow_run_name="abandon: started", validate_parameters=False)
async def abandon(form: AbandonForm) -> State[Any]:
    """Abandon an action."""
    return await carry_form(AbandonForm, "abandon", form)
