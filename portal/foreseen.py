"""What choices about messages mean, as a table: for each kind, when a message would come that is written at one moment or another."""

from collections.abc import Sequence
from typing import NamedTuple

from fastapi import Request

from models.telling.hours import Planned
from portal.context import charter_of, language_of, said_moment, wording
from services.foreseeing import Foresight


class Line(NamedTuple):
    """A kind, and for each moment when its messages come, and when they come now if that is otherwise."""

    name: str
    note: str
    cells: Sequence[tuple[str, str]]


class Table(NamedTuple):
    """``heads``: the moments that are looked at; ``digest``: when the next digest would leave, and leaves now if that is otherwise."""

    heads: Sequence[str]
    lines: Sequence[Line]
    digest: tuple[str, str]

    @property
    def changes(self) -> bool:
        """Whether anything would come otherwise than now."""
        return bool(self.digest[1]) or any(before for line in self.lines for _, before in line.cells)


def foreseen_table(request: Request, kept: Foresight, asked: Foresight | None) -> Table:
    """The table of the choices that are kept, or of those asked for, beside them."""
    words, zone = wording(language_of(request)), charter_of(request).convention.timezone

    def when(planned: Planned) -> str:
        if planned.state in ("ready", "suppressed"):
            return words.say(f"portal.foreseen.{planned.state}")
        said = said_moment(planned.at, words, zone) if planned.at else ""
        return words.say("portal.foreseen.digest" if planned.reason == "digest" else "portal.foreseen.later", moment=said)

    shown = asked or kept
    before = {(line.kind, line.must): [when(planned) for planned in line.planned] for line in kept.kinds}
    whole = {line.kind: [when(planned) for planned in line.planned] for line in kept.kinds if line.must is None}
    lines = []
    for line in shown.kinds:
        now = [when(planned) for planned in line.planned]
        was = before.get((line.kind, line.must)) or whole.get(line.kind) or before.get((line.kind, bool(line.must)), now)
        note = words.say(f"portal.foreseen.{'must' if line.must else 'may'}") if line.must is not None else ""
        cells = [(text, old if old != text else "") for text, old in zip(now, was, strict=True)]
        lines.append(Line(words.label("message_kind", line.kind), note, cells))
    digests = [said_moment(one.digest, words, zone) for one in (shown, kept)]
    heads = [words.say("portal.foreseen.now"), *(said_moment(moment, words, zone) for moment in shown.moments[1:])]
    return Table(heads, lines, (digests[0], digests[1] if digests[1] != digests[0] else ""))
