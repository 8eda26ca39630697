"""The content store: every attached file once, under the SHA-256 of its bytes, in the home."""

import hashlib
import mimetypes
import os
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from models.commands import Actor, Attach, Via
from models.contents import is_what_it_says
from models.errors import Fault, NotFound, Problem, Refused
from models.lifecycle import Verb
from services.asked import asked_before
from services.bootstrap import App
from services.charter_store import charter_in_force, the_convention
from services.clock import new_id
from services.dispatch import Outcome, execute, judge
from services.facts import load_facts
from services.homes import content_path, sync_folder
from services.settings import Settings
from services.validation import refused_in_words
from services.work import Work, open_work

_UNKNOWN_KIND = "application/octet-stream"
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
"""Characters of control and ends of lines: no name of a file that people give has any."""


@dataclass(frozen=True, slots=True)
class Request:
    """Who attaches a file to which action; ``occurred_on`` None is today."""

    action: str
    seat: str
    key: str
    occurred_on: date | None = None
    late_reason: str | None = None
    seen_version: int | None = None
    convention: str | None = None


def store(settings: Settings, content: bytes) -> str:
    """Keep the bytes and return their SHA-256; when this returns they are on disk. The same bytes are kept once."""
    sha256 = _digest(content)
    path = content_path(settings, sha256)
    if path.exists() and _digest(path.read_bytes()) == sha256:
        return sha256
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    unfinished = path.with_name(f".{sha256}.{new_id().hex}")
    try:
        _write(unfinished, content)
        unfinished.replace(path)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)
    return sha256


def read(settings: Settings, sha256: str) -> bytes:
    """The bytes stored under this digest, verified.

    Raises:
        NotFound: nothing is stored under it.
        Fault: what is stored there has changed since.
    """
    try:
        content = content_path(settings, sha256).read_bytes()
    except FileNotFoundError:
        raise NotFound(Problem("content_unknown", {"sha256": sha256})) from None
    if _digest(content) != sha256:
        raise Fault(f"content {sha256} has changed on disk")
    return content


def attach(app: App, file: Path, request: Request, *, via: Via) -> Outcome:
    """Attach a file to an action: the bytes first, then the row; a file that the rules refuse is not kept.

    Refuses a file that is missing, empty, too large, of a kind that the charter does not accept, not of the kind that its name says, or
    attached already.
    """
    with app.db.read() as connection:
        limit = charter_in_force(connection, the_convention(connection, request.convention)).attachments.max_bytes
    return attach_content(app, file.name, _content(file, limit), request, via=via)


def _command(work: Work, file_name: str, content: bytes, request: Request, via: Via) -> Attach:
    """The command to attach these bytes. Refuses what cannot be a number, a key or the name of a file."""
    if _UNSEEN.search(file_name):
        raise Refused.because("attachment_name_unseen", "file_name")
    with refused_in_words():
        return Attach(
            verb=Verb.ATTACH,
            convention=work.convention,
            action=request.action,
            actor=Actor(seat=request.seat, via=via),
            occurred_on=request.occurred_on or work.today,
            late_reason=request.late_reason,
            expected_version=request.seen_version,
            key=request.key,
            file_name=Path(file_name).name,
            media_type=mimetypes.guess_type(file_name)[0] or _UNKNOWN_KIND,
            size=len(content),
            sha256=_digest(content),
        )


def attach_content(app: App, file_name: str, content: bytes, request: Request, *, via: Via) -> Outcome:
    """Attach bytes that came under a file's name; as ``attach``."""
    if not content:
        raise Refused.because("attachment_empty", file_name)
    with app.db.read() as connection:
        work = open_work(app, connection, the_convention(connection, request.convention))
        command = _command(work, file_name, content, request, via)
        if not asked_before(connection, command):
            problems = judge(load_facts(work, command), command)[1]
            if not problems and not is_what_it_says(content, command.media_type):
                problems = [Problem("attachment_is_something_else", {"name": command.file_name, "kind": command.media_type})]
            Refused.unless_empty(problems)
    store(app.settings, content)
    return execute(app, command)


def _content(file: Path, limit: int) -> bytes:
    """The bytes of a file; one over the limit is not even read."""
    try:
        if file.stat().st_size > limit:
            raise Refused.because("attachment_too_large", str(file), size=file.stat().st_size, limit=limit)
        content = file.read_bytes()
    except OSError:
        raise Refused.because("attachment_missing", str(file)) from None
    return content


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
