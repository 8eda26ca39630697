"""The mails that the embedded sink has taken."""

from collections.abc import Callable
from typing import Annotated, Any

from cli.opened import opened
from cli.options import Json, option, place
from cli.screen import Column, dump, listing, tell
from cli.words import label
from models.errors import NotFound, Problem
from notifications.mailbox import MailSummary, list_mails, read_mail

_LIMIT = Annotated[int | None, option("limit", "--limit")]
_MAIL = Annotated[str, place("mail")]


def list_box(*, limit: _LIMIT = None, as_json: Json = False) -> None:
    """List the mails, newest first."""
    with opened() as app:
        rows = [_row(mail) for mail in list_mails(app.settings.mailbox, limit)]
    listing(rows, Column("received_at"), Column("to"), Column("subject", str), Column("key"), as_json=as_json)


def show(key: _MAIL, /, *, as_json: Json = False) -> None:
    """Show one mail."""
    with opened() as app:
        try:
            mail = read_mail(app.settings.mailbox, key)
        except LookupError:
            raise NotFound(Problem("mail_unknown", {"key": key})) from None
    if as_json:
        dump({"key": mail.key, "headers": [list(header) for header in mail.headers], "text": mail.text})
        return
    for name, value in mail.headers:
        tell(f"{name}: {value}")
    tell("")
    tell(mail.text)


def _row(mail: MailSummary) -> dict[str, Any]:
    return {
        "key": mail.key,
        "received_at": mail.received_at,
        "to": mail.to,
        "subject": mail.subject or label("flaw", mail.flaw),
        "sender": mail.sender,
        "message_id": mail.message_id,
        "rehearsal": mail.rehearsal,
        "flaw": mail.flaw,
    }


COMMANDS: dict[str, Callable[..., None]] = {"list": list_box, "show": show}
