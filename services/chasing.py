"""Chasing several at once: a member in every review that awaits them, everybody of one review, or of a whole body; each review through the one door."""

from collections.abc import Iterator
from dataclasses import dataclass

from models.charter import BodyKind, Charter
from models.commands import Via
from models.errors import NotFound, Problem, Refused
from services.bootstrap import App
from services.desk import served
from services.forms import ChaseForm
from services.matrix import Line, matrices
from services.requests import send
from services.visitors import Visitor


@dataclass(frozen=True, slots=True)
class Wanted:
    """Who is to be chased in the open reviews of a body: this seat alone, in this action alone; empty: whoever and wherever. ``key``: of the request."""

    body: str
    key: str
    seat: str = ""
    action: str = ""


@dataclass(frozen=True, slots=True)
class Chased:
    """What became of it: in how many reviews so many seats were chased; in how many all was done before by the same request; why not in others."""

    reviews: int = 0
    seats: int = 0
    repeated: int = 0
    refused: tuple[Problem, ...] = ()


def chase(app: App, charter: Charter, visitor: Visitor, wanted: Wanted) -> Chased:
    """Chase those who are wanted, review by review; what is refused for one hinders no other. Raises NotFound for a body that the visitor does not serve."""
    clerk = clerks_seat(charter, visitor, wanted.body)
    done = [_one(app, visitor, clerk, line, wanted) for line in _lines(app, visitor, wanted)]
    return Chased(
        sum(each.reviews for each in done),
        sum(each.seats for each in done),
        sum(each.repeated for each in done),
        tuple(problem for each in done for problem in each.refused),
    )


def clerks_seat(charter: Charter, visitor: Visitor, body: str) -> str:
    """The seat through which a visitor serves a body as its secretary. Raises NotFound if there is none."""
    if body not in served(charter, visitor):
        raise NotFound(Problem("body_unknown", {"body": body, "known": ", ".join(served(charter, visitor)) or "-"}))
    technical = charter.body_of_kind(BodyKind.TECHNICAL).code
    own = {seat.body: seat.code for seat in visitor.seats if seat.role == "secretary"}
    return own.get(body) or own[technical]


def _lines(app: App, visitor: Visitor, wanted: Wanted) -> Iterator[Line]:
    for matrix in matrices(app, visitor.convention, [wanted.body]):
        for line in matrix.lines:
            if wanted.action in ("", line.number) and (wanted.seat in line.awaited if wanted.seat else line.awaited):
                yield line


def _one(app: App, visitor: Visitor, clerk: str, line: Line, wanted: Wanted) -> Chased:
    reached = [seat for seat in line.reachable if wanted.seat in ("", seat)]
    seats = (wanted.seat,) if wanted.seat else None
    form = ChaseForm(seat=clerk, action=line.number, body=line.body, seats=seats, convention=visitor.convention)
    try:
        outcome = send(app, form, key=f"{wanted.key}:{line.body}:{wanted.seat}:{line.number}", via=Via.PORTAL)
    except Refused as refused:
        return Chased(refused=refused.problems[:1])
    return Chased(repeated=1) if outcome.repeated else Chased(1, len(reached))
