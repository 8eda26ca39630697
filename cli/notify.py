"""Who is told of what, and how far the news of an event got."""

from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

from cli.dry_run import try_out
from cli.opened import opened
from cli.options import Convention, Json, option, place
from cli.screen import Column, dump, listing, tell, text_of
from cli.words import label, say
from models.errors import Refused
from notifications.catalogue import SILENT
from notifications.preview import write_previews
from services.charter_store import the_convention
from services.recipients_table import recipients_table
from services.trace import trace

_WHAT = Annotated[str, place("event_or_action")]
_SEQ = Annotated[int | None, option("seq", "--seq")]
_FOLDER = Annotated[str, place("folder")]
_FAULT = 1


def show_table(*, convention: Convention = None, as_json: Json = False) -> None:
    """Show who is told of what, by the charter in force."""
    with opened() as app, app.db.read() as connection:
        rows = [asdict(line) for line in recipients_table(connection, the_convention(connection, convention))]
    shown = rows if as_json else [{**row, "source": _source(row)} for row in rows]
    columns = (Column("to", _capacities), Column("copy", _capacities), Column("may_decline"), Column("may_wait"), Column("source"))
    listing(shown, Column("topic", _topic), Column("message"), Column.of("kind", "message_kind"), *columns, as_json=as_json)


def show_trace(named: _WHAT, /, *, seq: _SEQ = None, convention: Convention = None, as_json: Json = False) -> int | None:
    """Follow the news of an event, or of all events of an action; 1 if something is missing."""
    with opened() as app:
        events = trace(app, named, seq=seq, convention=convention)
    if as_json:
        dump(events)
    else:
        for event in events:
            _tell(event)
    return _FAULT if any(event["errors"] for event in events) else None


def write_messages(folder: _FOLDER, /) -> None:
    """Write every message in every language, with invented facts, as files to look at. Refuses a folder that cannot be written."""
    try:
        files = write_previews(Path(folder).expanduser())
    except OSError as error:
        raise Refused.because("folder_unwritable", folder, why=error.strerror or type(error).__name__) from None
    tell(say("notify.previewed", count=len(files), folder=folder))


def _topic(code: str) -> str:
    return label("meeting_topic" if code.startswith("meeting.") else "topic", code)


def _source(row: dict[str, Any]) -> str:
    if row["source"] == "built_in":
        return say("notify.built_in")
    return say("notify.of_charter", version=row["charter"], day=text_of(row["loaded_at"]))


def _capacities(codes: Iterable[str]) -> str:
    return text_of([label("audience", code) for code in codes])


def _tell(event: dict[str, Any]) -> None:
    what = label("topic", event["topic"])
    tell(
        say("notify.event", action=event["action"], seq=event["seq"], what=what, moment=text_of(event["recorded_at"]), id=str(event["id"]))
    )
    for row in event["deliveries"]:
        tell(f"  - {_line(row)}")
    tell(f"  {_counted(event)}")
    for error in event["errors"]:
        tell(f"  {say(f'notify.{error}', expected=text_of(event['expected']), written=event['written'])}")
    for hint in event["hints"]:
        tell(f"  {say('notify.hint', person=hint['person'], capacity=_capacity(hint), message=hint['message'])}")


def _capacity(row: dict[str, Any]) -> str:
    named = label("audience", row["capacity"])
    return say("notify.copied", capacity=named) if row["copy"] else named


def _line(row: dict[str, Any]) -> str:
    """A delivery as people read it: for whom, as what, how far it got, and why it is not sent, or by what else it is."""
    moments = {name: text_of(row[name]) for name in ("created_at", "not_before", "settled_at")}
    why = [label("delivery_reason", row["reason"])] if row["reason"] else []
    why += [say(f"notify.{name}", id=str(row[name])) for name in ("folded_into", "follows") if row[name]]
    why += [say("notify.answer", answer=row["answer"])] if row["answer"] else []
    told = {"whom": row["person"] or row["channel"], "capacity": _capacity(row), "message": row["message"], "attempts": row["attempts"]}
    state = label("delivery", row["state"])
    return say("notify.delivery", **told, **moments, state=f"{state} ({', '.join(why)})" if why else state, id=str(row["id"]))


def _counted(event: dict[str, Any]) -> str:
    if event["resolved_at"] is not None:
        by = say("notify.of_charter", version=event["charter"], day=text_of(event["charter_loaded_at"]))
        return say("notify.counted", expected=event["expected"], written=event["written"], by=by)
    if event["topic"] in SILENT:
        return say("notify.silent")
    return say("notify.not_counted", standing=label("reaction", event["reaction"]) or text_of(None))


COMMANDS: dict[str, Callable[..., Any]] = {"table": show_table, "trace": show_trace, "preview": write_messages, "dry-run": try_out}
