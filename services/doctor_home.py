"""The home's folder and what lies in it: rights, room, secret, mailbox, attached files, backups, checkpoints."""

import os
import shutil
import stat
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from models.errors import Refused
from models.tables import Attachment, table
from notifications.mailbox import list_mails
from services.backup import last_backup
from services.bootstrap import App
from services.checkpoints import last_written
from services.doctor_check import Check, Level
from services.homes import content_path, read_mark
from services.prefect_env import read_secret
from services.settings import Settings

_ATTACHMENT = table(Attachment)
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_LITTLE_ROOM, _NO_ROOM = 1_000_000_000, 100_000_000
_TOO_OLD = timedelta(hours=36)
_STILL_BEING_WRITTEN = timedelta(minutes=1)
_NEWEST_MAILS = 500


def examine_folder(settings: Settings) -> Iterator[Check]:
    """What can be said without the database."""
    yield _home(settings)
    yield from _disk(settings)
    yield _secret(settings)


def examine_files(app: App) -> Iterator[Check]:
    """What lies beside the database and belongs to it."""
    yield _attachments(app)
    yield from _mailbox(app)
    mark = read_mark(app.db)
    if mark is not None:
        yield from _backup(app, since=mark.created_at, rehearsal=mark.rehearsal)
        yield from _checkpoint(app, since=mark.created_at)


def _home(settings: Settings) -> Check:
    home = {"home": str(settings.home)}
    if not os.access(settings.home, os.W_OK | os.X_OK):
        return Check("home", "mend", home)
    open_to_others = stat.S_IMODE(settings.home.stat().st_mode) & _OTHERS
    return Check("home", "look" if open_to_others else "right", home)


def _disk(settings: Settings) -> Iterator[Check]:
    if settings.home.exists():
        free = shutil.disk_usage(settings.home).free
        level: Level = "mend" if free < _NO_ROOM else "look" if free < _LITTLE_ROOM else "right"
        yield Check("disk", level, {"free": free // 1_000_000})


def _secret(settings: Settings) -> Check:
    where = {"file": str(settings.prefect_auth)}
    try:
        read_secret(settings.prefect_auth)
    except Refused as refused:
        missing = refused.problems[0].code == "prefect_secret_missing"
        return Check("secret", "look" if missing else "mend", where)
    return Check("secret", "right", where)


def _attachments(app: App) -> Check:
    """Whether each attached file is there with its length; a backup also looks at every byte."""
    with app.db.read() as connection:
        known = connection.execute(sa.select(_ATTACHMENT.c.sha256, _ATTACHMENT.c.size).distinct()).all()
    lost = [sha256 for sha256, size in known if _size(content_path(app.settings, sha256)) != size]
    return Check("attachments", "mend" if lost else "right", {"count": len(lost) or len(known), "first": min(lost, default="-")})


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None


def _mailbox(app: App) -> Iterator[Check]:
    """Mails whose writing was cut short, and files that are no mail; one that is being written now is neither."""
    if not app.settings.mailbox.is_dir():
        return
    folder = str(app.settings.mailbox)
    try:
        mails = list_mails(app.settings.mailbox, _NEWEST_MAILS)
    except OSError as error:
        yield Check("mailbox", "mend", {"folder": folder, "why": type(error).__name__})
        return
    before = app.clock.wall() - _STILL_BEING_WRITTEN
    flawed = [mail for mail in mails if mail.flaw and mail.received_at < before]
    yield Check("mailbox", "look" if flawed else "right", {"count": len(flawed), "folder": folder})


def _backup(app: App, *, since: datetime, rehearsal: bool) -> Iterator[Check]:
    """A rehearsal needs no backup; a live home does from its second day on."""
    last = last_backup(app.settings)
    if last is not None:
        age = app.clock.wall() - last[0]
        yield Check("backup", "look" if age > _TOO_OLD else "right", {"hours": _hours(age), "file": str(last[1])})
    elif not rehearsal and app.clock.wall() - since > _TOO_OLD:
        yield Check("backup_never", "look")


def _checkpoint(app: App, *, since: datetime) -> Iterator[Check]:
    last = last_written(app.settings.checkpoints)
    if last is not None:
        age = app.clock.wall() - last
        yield Check("checkpoint", "look" if age > _TOO_OLD else "right", {"hours": _hours(age)})
    elif app.clock.wall() - since > _TOO_OLD:
        yield Check("checkpoint_never", "look")


def _hours(age: timedelta) -> int:
    return int(age / timedelta(hours=1))
