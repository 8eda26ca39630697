"""What the stages would do, and to whom they would write, without doing any of it."""

from dataclasses import asdict
from datetime import date, datetime, time
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from cli.opened import opened
from cli.options import Json, option
from cli.screen import Column, dump, table, tell, text_of
from cli.words import label, moments_of, say
from models.errors import Refused
from models.events import Stage
from models.lifecycle import Verb
from services.bootstrap import App
from services.charter_store import charter_in_force, conventions
from services.deadline_kinds import Kind
from services.dry_run import SECONDS, Trial, dry_run
from services.stages import NOTHING

_LAST_MINUTE = time(23, 59)
_STAGE = Annotated[str | None, option("dry_stage", "--stage")]
_AT = Annotated[str | None, option("dry_at", "--at")]
_STEPS = (Column.of("stage", "stage"), Column("action"), Column("what"), Column("steps"), Column("unowned"))
_MESSAGES = (Column("action"), Column("message"), Column("person"), Column("capacity"), Column("channel"), Column("becomes"))


def try_out(*, stage: _STAGE = None, at: _AT = None, as_json: Json = False) -> None:
    """Say what a run would do now, or at a moment to come, and to whom it would write; nothing is written."""
    if stage is not None and stage not in tuple(Stage):
        raise Refused.because("validation.choice", "--stage", given=stage, known=", ".join(Stage))
    with opened() as app:
        zone = _zone(app)
        found = dry_run(app, stages=(Stage(stage),) if stage else tuple(Stage), at=_moment(at, zone) if at else None)
    if as_json:
        steps = [{"stage": step.stage, **asdict(step.line)} for step in found.steps]
        told = {"messages": found.messages, "waiting": found.waiting, "left_out": found.left_out}
        dump({"at": found.at, "whole": found.whole, "steps": steps, **told})
        return
    with moments_of(zone):
        _show(found)


def _show(found: Trial) -> None:
    tell(say("dry_run.at", moment=text_of(found.at)))
    table([_step(asdict(step.line) | {"stage": step.stage}) for step in found.steps], *_STEPS, title=say("dry_run.steps"))
    tell("")
    table([_message(row) for row in found.messages], *_MESSAGES, title=say("dry_run.messages"))
    if found.waiting:
        tell("")
        table([_message(row) for row in found.waiting], *_MESSAGES, title=say("dry_run.waiting"))
    for what in found.left_out:
        tell(say(f"dry_run.left_out.{what}"))
    if not found.whole:
        tell(say("dry_run.cut", seconds=round(SECONDS)))


def _step(row: dict[str, Any]) -> dict[str, Any]:
    what = label("deadline" if row["topic"] in tuple(Kind) else "topic", row["topic"])
    return row | {
        "what": what,
        "steps": [_outcome(part) for part in row["outcome"].split(", ")],
        "unowned": [label("audience", capacity) for capacity in row["unowned"]],
    }


def _outcome(part: str) -> str:
    """A part of an outcome in words: a verb, how many messages, that nothing follows yet, or that it failed."""
    if part in tuple(Verb):
        return label("verb", part)
    if part.startswith("messages: "):
        return say("dry_run.wrote", count=part.removeprefix("messages: "))
    return say("dry_run.nothing") if part == NOTHING else say("dry_run.failed")


def _message(row: dict[str, Any]) -> dict[str, Any]:
    capacity = label("audience", row["capacity"])
    shown = say("notify.copied", capacity=capacity) if row["copy"] else capacity
    message = say("dry_run.says", message=row["message"], count=row["says"]) if row["says"] else row["message"]
    return row | {"capacity": shown, "message": message, "becomes": _becomes(row)}


def _becomes(row: dict[str, Any]) -> str:
    """What would become of a message, and why."""
    if row["folded"]:
        return say("dry_run.folded")
    state = label("delivery", row["state"])
    why = label("delivery_reason", row["reason"]) if row["reason"] else ""
    until = text_of(row["not_before"]) if row["state"] in ("held", "scheduled") else ""
    more = ", ".join(part for part in (why, until) if part)
    return f"{state} ({more})" if more else state


def _zone(app: App) -> str:
    """The time zone of the first convention; that of universal time while none is loaded."""
    with app.db.read() as connection:
        known = conventions(connection)
        return charter_in_force(connection, known[0]).convention.timezone if known else "UTC"


def _moment(text: str, zone: str) -> datetime:
    """A day, up to its end, or a day and an hour of the convention. Refuses anything else."""
    try:
        if len(text) == len("2027-04-05"):
            return datetime.combine(date.fromisoformat(text), _LAST_MINUTE, ZoneInfo(zone))
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Refused.because("moment_unreadable", "--at", given=text) from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=ZoneInfo(zone))
