"""Backing up, restoring, and letting a restored home go on."""

import os
from pathlib import Path
from typing import Annotated

from cli.opened import opened
from cli.options import Json, option, place
from cli.screen import dump, tell, text_of, warn
from cli.words import label, say
from models.errors import Refused
from services.audit import verify
from services.backup import Backup, back_up, thin_out
from services.bootstrap import open_app
from services.clock import wall
from services.going_on import go_on
from services.restore import Restored, restore
from services.settings import Settings

_TARGET = Annotated[Path | None, place("backup_target")]
_KEEP = Annotated[int | None, option("keep", "--keep")]
_ARCHIVE = Annotated[Path, place("archive")]
_INTO = Annotated[Path | None, option("into", "--into")]
_SEND = Annotated[bool, option("send", "--send")]
_DONE, _INCOMPLETE, _DISAGREES = 0, 1, 2


def backup(target: _TARGET = None, /, *, keep: _KEEP = None, as_json: Json = False) -> int:
    """Write one archive of this home; 1 if an attached file was missing."""
    if keep is not None and keep < 1:
        raise Refused.because("validation.at_least", "--keep", given=keep, limit=1)
    with opened() as app:
        done = back_up(app, target)
    deleted = thin_out(done.path.parent, keep) if keep else []
    if as_json:
        manifest = done.manifest.model_dump(mode="json", exclude={"tables"})
        dump({"file": done.path, "size": done.size, "sha256": done.sha256, "deleted": deleted, **manifest})
    else:
        _tell_backup(done, len(deleted))
    for sha256 in done.manifest.missing:
        warn(say("backup.missing", sha256=sha256))
    return _INCOMPLETE if done.manifest.missing else _DONE


def restore_archive(archive: _ARCHIVE, /, *, into: _INTO = None) -> int:
    """Make the home that an archive holds, and hold it; 2 if its log does not agree with its rows and checkpoints."""
    chosen = {"PASSERELLE_HOME": str(into)} if into else {}
    mine = Settings.from_environment({**os.environ, **chosen})
    _tell_restored(restore(archive, mine, wall()), mine)
    return _audit(mine)


def resume(*, send: _SEND = False) -> None:
    """Let a restored home go on."""
    with opened() as app:
        done = go_on(app, send=send)
    tell(say("hold.gone_on", steps=done.steps))
    if done.uncertain:
        tell(say("hold.uncertain", count=done.uncertain))
    if done.waiting:
        tell(say("hold.waiting", count=done.waiting))


def _audit(mine: Settings) -> int:
    app = open_app(mine)
    try:
        found = verify(app)
    finally:
        app.close()
    if not found.agrees:
        warn(say("restore.disagrees"))
        return _DISAGREES
    tell(say("restore.agrees", events=found.events, checkpoints=found.checkpoints))
    return _DONE


def _tell_backup(done: Backup, deleted: int) -> None:
    manifest = done.manifest
    tell(say("backup.done", file=str(done.path), size=done.size))
    tell(
        say(
            "backup.content",
            actions=manifest.rows("action"),
            meetings=manifest.rows("meeting"),
            events=manifest.rows("event") + manifest.rows("meeting_event"),
            attachments=len(manifest.attachments),
            checkpoints=len(manifest.checkpoints),
        )
    )
    if deleted:
        tell(say("backup.thinned", count=deleted))


def _tell_restored(done: Restored, mine: Settings) -> None:
    manifest = done.manifest
    moment = text_of(manifest.taken_at)
    tell(say("restore.done", home=str(mine.home), kind=label("home", manifest.kind), moment=moment))
    tell(say("restore.lost", moment=moment))
    tell(say("restore.held"))
    tell(say("restore.left_out"))
    for sha256 in manifest.missing:
        warn(say("restore.missing", sha256=sha256))
    for name in done.kept:
        warn(say("restore.kept", name=name))
