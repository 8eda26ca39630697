"""What comes back by mail: a report is believed only if it returns a mail of ours and speaks of the address that mail was sent to.

Anybody can write such a report; somebody who never got the mail cannot name it. What is not believed changes nothing, and is told.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa

from models.errors import Refused
from models.tables import Delivery, table
from models.telling.bounces import weigh
from models.telling.reasons import Reason
from notifications.channels import MAIL
from notifications.returned import LARGEST, Fate, NotAReport, Report, UnreadableError, read_returned
from services.bootstrap import App
from services.folding import follow
from services.homes import sync_folder
from services.losses import delivery_with_channel, note_bounce
from services.suppression import note_return
from services.work import open_work

_DELIVERY = table(Delivery)
_GONE = ("sent", "uncertain")
_SEEN, _FLAGGED = ":2,S", ":2,F"


class What(StrEnum):
    """What a message that came in turned out to be."""

    BOUNCED = "bounced"
    DELAYED = "delayed"
    KNOWN = "known"
    REPORT = "report"
    UNTRUSTED = "untrusted"
    AUTO_REPLY = "auto_reply"
    OTHER = "other"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Read:
    """One message: its file, what it was, and the delivery that it is about; never an address."""

    file: str
    what: What
    delivery: UUID | None = None


def read_one(app: App, content: bytes) -> Read:
    """Take in one message. Refuses one that cannot be read, and changes nothing then."""
    try:
        return _take_in(app, "", content)
    except UnreadableError as broken:
        raise Refused.because("returned_mail_broken", flaw=broken.flaw.value) from None


def read_maildir(app: App, folder: Path) -> list[Read]:
    """Take in every new message of a Maildir and mark it as seen; one that cannot be read is flagged instead, for a person to look at.

    Refuses a folder that is no Maildir, or cannot be read. Interrupted and begun again, no message counts twice.
    """
    try:
        if not (folder / "cur").is_dir():
            raise FileNotFoundError
        files = sorted(file for file in (folder / "new").iterdir() if file.is_file())
    except OSError as error:
        raise Refused.because("maildir_missing", str(folder), why=type(error).__name__) from None
    return [_take_file(app, folder, file) for file in files]


def counts_of(read: Iterable[Read]) -> dict[str, int]:
    """How many messages there were of each kind; every kind is named."""
    found = Counter(one.what for one in read)
    return {what.value: found[what] for what in What}


def _take_file(app: App, folder: Path, file: Path) -> Read:
    try:
        with file.open("rb") as stream:
            done = _take_in(app, file.name, stream.read(LARGEST + 1))
    except UnreadableError:
        done = Read(file.name, What.BROKEN)
    mark = _FLAGGED if done.what is What.BROKEN else _SEEN
    file.rename(folder / "cur" / f"{file.name.partition(':')[0]}{mark}")
    sync_folder(folder / "cur")
    return done


def _take_in(app: App, file: str, content: bytes) -> Read:
    mail = read_returned(content)
    if isinstance(mail, NotAReport):
        return Read(file, What.AUTO_REPLY if mail.automatic else What.OTHER)
    with app.db.write() as connection:
        row = _returned(connection, mail)
        fate = None if row is None else next((fate for fate in mail.fates if row.email.lower() in fate.addresses), None)
        if row is None or fate is None:
            return Read(file, What.UNTRUSTED)
        return Read(file, _draw(app, connection, row, fate), row.id)


def _returned(connection: sa.Connection, report: Report) -> sa.Row[tuple[object, ...]] | None:
    """The delivery of ours that came back: a mail to a person that has left."""
    try:
        known = UUID(report.message or "")
    except ValueError:
        return None
    row: sa.Row[tuple[object, ...]] | None = delivery_with_channel(connection, known)
    return row if row is not None and row.channel == MAIL and row.person_id is not None and row.attempts else None


def _draw(app: App, connection: sa.Connection, row: sa.Row[tuple[object, ...]], fate: Fate) -> What:
    """Record what a report says of a mail, once."""
    if fate.action not in ("failed", "delayed"):
        return What.REPORT
    final = fate.action == "failed"
    if row.state not in _GONE or (not final and row.reason == Reason.DELAYED):
        return What.KNOWN
    work, weight = open_work(app, connection, row.convention), weigh(fate.code, fate.status, fate.said)
    said = {"code": fate.code, "answer": " ".join(filter(None, (fate.status, fate.said))) or None}
    became = {"state": "dead", "reason": Reason.BOUNCED, "settled_at": work.wall} if final else {"reason": Reason.DELAYED}
    as_seen = (_DELIVERY.c.id == row.id) & (_DELIVERY.c.state == row.state) & _DELIVERY.c.reason.is_not_distinct_from(row.reason)
    if not connection.execute(_DELIVERY.update().where(as_seen).values(**said, **became)).rowcount:
        return What.KNOWN  # another process has read the same report in this moment
    if final:
        note_bounce(work, row, weight, fate.status)
        follow(connection, row.id, {**said, "state": "dead", "reason": Reason.BOUNCED}, work.wall)
        return What.BOUNCED
    note_return(work, row.person_id, weight, fate.status)
    return What.DELAYED
