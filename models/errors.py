"""What can go wrong, in two families: what a person may mend (refused) and what we must mend (a fault).

Errors carry codes and figures, never sentences: the wording lives in the catalogues of ``services/wording``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that stands in the way: ``code`` names its sentence in the catalogue, ``params`` fill it, ``where`` says where it stands."""

    code: str
    params: Mapping[str, str | int] = field(default_factory=dict)
    where: str = ""


class Refused(Exception):  # noqa: N818  # a refusal is an answer, not an error of ours
    """The rules or the input said no; nothing was changed. Shown as it is: exit code 2, HTTP 4xx, a completed flow run."""

    def __init__(self, *problems: Problem) -> None:
        """Keep every problem, not only the first."""
        super().__init__(", ".join(f"{p.where}: {p.code}" if p.where else p.code for p in problems))
        self.problems = problems

    @classmethod
    def because(cls, code: str, where: str = "", **params: str | int) -> "Refused":
        """Refuse for a single reason."""
        return cls(Problem(code, params, where))

    @classmethod
    def unless_empty(cls, problems: Iterable[Problem]) -> None:
        """Raise if there is any problem; do nothing otherwise."""
        found = tuple(problems)
        if found:
            raise cls(*found)


class NotFound(Refused):
    """What was asked for does not exist; near matches are among the params."""


class Gone(Refused):
    """What was asked for existed, and was withdrawn for good."""


class Conflict(Refused):
    """Somebody changed the same thing in between: read it again, then decide."""


class Fault(Exception):  # noqa: N818  # reads as a fault, and is one
    """Something of ours broke; nothing is lost, and an operator has to look. Exit code 1, a failed flow run."""
