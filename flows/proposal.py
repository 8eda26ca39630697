"""Proposal: completeness, number, consultation of the groups, technical review opened. And the forms that feed it."""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from flows.wrapper import carry_form, carry_stage
from models.events import Stage
from services.forms import ProposeForm, ResubmitForm, SupersedeForm, WithdrawForm
from services.stages import run_stage


@flow(name="proposal", flow_run_name="proposal: started")
async def stage() -> State[Any]:
    """Take every automatic step that is due."""
    return await carry_stage(Stage.PROPOSAL, lambda app, holder, gate: run_stage(app, Stage.PROPOSAL, holder=holder, gate=gate))


@flow(name="proposal", flow_run_name="propose: started", validate_parameters=False)
async def propose(form: ProposeForm) -> State[Any]:
    """Propose an action."""
    return await carry_form(ProposeForm, "propose", form)


@flow(name="proposal", flow_run_name="resubmit: started", validate_parameters=False)
async def resubmit(form: ResubmitForm) -> State[Any]:
    """File a returned proposal again."""
    return await carry_form(ResubmitForm, "resubmit", form)


@flow(name="proposal", flow_run_name="withdraw: started", validate_parameters=False)
async def withdraw(form: WithdrawForm) -> State[Any]:
    """Withdraw a proposal."""
    return await carry_form(WithdrawForm, "withdraw", form)


@flow(name="proposal", flow_run_name="supersede: started", validate_parameters=False)
async def supersede(form: SupersedeForm) -> State[Any]:
    """Note which action takes the place of another."""
    return await carry_form(SupersedeForm, "supersede", form)
