"""Creating an action, and changing its sheet."""

from typing import cast
from uuid import UUID

import sqlalchemy as sa

from models.charter import ActionSheet
from models.commands import Attach, Command, Create, Edit, Register
from models.facts import Facts
from models.guards import sheet_of
from models.lifecycle import State
from models.prepared import Prepared, insert
from models.tables import Action, Attachment, Milestone, table
from services.deadline_kinds import dues_from_news, milestone_due, news_dues
from services.effects.change import Change, known, reasons
from services.waking import plan_milestones
from services.work import Work, keep_words, next_number, plan, plan_anew

_ACTION, _MILESTONE, _ATTACHMENT = table(Action), table(Milestone), table(Attachment)

_CREATE = Prepared(
    _ACTION.insert().returning(_ACTION.c.id),
    *("convention", "number", "state", "version", "sealed", "sheet", "proposer_seat", "created_at"),
)
_ATTACH = insert(_ATTACHMENT, "action_id", "file_name", "media_type", "size", "sha256", "added_at")
_OF_ACTION = _MILESTONE.c.action_id == sa.bindparam("action_")
_REACHED = Prepared(sa.select(_MILESTONE).where(_OF_ACTION, _MILESTONE.c.reached_on.is_not(None)))
_FORGET = Prepared(_MILESTONE.delete().where(_OF_ACTION))
_KEEP_MILESTONES = insert(_MILESTONE, "action_id", "position", "title", "due_on", "reached_on")


def create(work: Work, _facts: Facts, command: Command, _event: UUID) -> Change:
    """Give the action its number and keep its sheet."""
    sheet = cast("Create", command).sheet
    year = work.today.year
    number = f"A-{year}-{next_number(work, f'action:{year}'):03d}"
    action_id = _CREATE.scalar(
        work.connection,
        convention=work.convention,
        number=number,
        state=State.DRAFT,
        version=0,
        sealed=0,
        sheet=sheet.model_dump(mode="json"),
        proposer_seat=(command.actor.seat or "").upper(),
        created_at=work.now,
    )
    _write_milestones(work, action_id, sheet)
    payload = {**_keep_sheet(work, action_id, command, sheet), **reasons(work, action_id, command)}
    return Change(payload, action_id=action_id, number=number)


def register(work: Work, facts: Facts, command: Command, event: UUID) -> Change:
    """Create an action that is already under way: it lives from today in the implementation stage."""
    change = create(work, facts, command, event)
    _, reference = keep_words(work, change.action_id, "reference", command.actor.seat, cast("Register", command).reference)
    sheet = cast("Register", command).sheet
    plan(work, change.action_id, (milestone_due(work, n, m.due_on) for n, m in enumerate(sheet.milestones, 1) if m.due_on >= work.today))
    plan(work, change.action_id, news_dues(work, change.action_id, sheet, work.today))
    return Change({**change.payload, **reference}, action_id=change.action_id, number=change.number)


def edit(work: Work, facts: Facts, command: Command, _event: UUID) -> Change:
    """Replace the sheet; the former one stays among the texts."""
    action_id, sheet = known(facts), sheet_of(facts, command)
    payload = reasons(work, action_id, command)
    if cast("Edit", command).sheet is None or sheet == facts.sheet:
        return Change(payload)
    _write_milestones(work, action_id, sheet)
    if facts.state is State.IN_PROGRESS:
        plan_milestones(work, action_id)
        if facts.sheet is None or sheet.report_every_months != facts.sheet.report_every_months:
            plan_anew(work, action_id, dues_from_news(work, action_id, sheet))
    return Change({**_keep_sheet(work, action_id, command, sheet), **payload}, {"sheet": sheet.model_dump(mode="json")})


def attach(work: Work, facts: Facts, command: Command, _event: UUID) -> Change:
    """Note a file whose bytes already lie in the content store; its name is a text like another."""
    action_id, file = known(facts), cast("Attach", command)
    known_by = {"file_name": file.file_name, "media_type": file.media_type, "size": file.size, "sha256": file.sha256}
    _ATTACH.run(work.connection, action_id=action_id, added_at=work.now, **known_by)
    _, name = keep_words(work, action_id, "file_name", command.actor.seat, file.file_name)
    return Change({"sha256": file.sha256, "size": file.size, "media_type": file.media_type, **name, **reasons(work, action_id, command)})


def _keep_sheet(work: Work, action_id: int, command: Command, sheet: ActionSheet) -> dict[str, str]:
    return keep_words(work, action_id, "sheet", command.actor.seat, sheet.model_dump_json())[1]


def _write_milestones(work: Work, action_id: int, sheet: ActionSheet) -> None:
    """Milestones follow the sheet; one already reached stays reached if it keeps its place and title."""
    reached = {(row.position, row.title): row.reached_on for row in _REACHED.all(work.connection, action_=action_id)}
    _FORGET.run(work.connection, action_=action_id)
    rows = [
        {"action_id": action_id, "position": n, "title": m.title, "due_on": m.due_on, "reached_on": reached.get((n, m.title))}
        for n, m in enumerate(sheet.milestones, 1)
    ]
    if rows:
        _KEEP_MILESTONES.run_all(work.connection, rows)
