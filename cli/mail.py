"""What comes back by mail."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from cli.opened import opened
from cli.options import Json, option
from cli.screen import dump, tell
from cli.words import label, say
from services.inbound import Read, What, counts_of, read_maildir, read_one

_MAILDIR = Annotated[Path | None, option("maildir", "--maildir")]
_SET_ASIDE = 2


def inbound(*, maildir: _MAILDIR = None, as_json: Json = False) -> int:
    """Take in what came back; 2 if a message could not be read."""
    with opened() as app:
        read = read_maildir(app, maildir) if maildir else [read_one(app, sys.stdin.buffer.read())]
    if as_json:
        dump({"counts": counts_of(read), "messages": read})
    else:
        tell(say("inbound.counts", count=len(read)))
        for one in read:
            tell(_line(one))
    return _SET_ASIDE if any(one.what is What.BROKEN for one in read) else 0


def _line(one: Read) -> str:
    file, what = one.file or say("inbound.stdin"), label("inbound", one.what)
    if one.delivery is None:
        return say("inbound.line", file=file, what=what)
    return say("inbound.line_about", file=file, what=what, delivery=str(one.delivery))


COMMANDS: dict[str, Callable[..., int]] = {"inbound": inbound}
