"""One request of the API: what was asked, by whom, and what is answered."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field

from models.errors import NotFound, Problem, Refused
from portal.api.forms import Body
from portal.context import Portal, portal_of, wording
from portal.rights import scope_of
from services.bootstrap import App
from services.tokens import Admitted
from services.visitors import Visitor
from services.wording import Wording

ROOT = "/api/v1"


class Asked(BaseModel):
    """Parameters of an address; nothing else may be among them."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Paged(Asked):
    """Those of every list."""

    after: str = Field(default="", max_length=500)
    limit: int = Field(default=30, ge=1, le=100)


@dataclass(frozen=True, slots=True)
class Call:
    """A request that was read and may be carried out. ``key``, ``seen``: its idempotency key, and the version that its asker had seen."""

    request: Request
    token: Admitted
    path: Mapping[str, str]
    query: Any = None
    body: Mapping[str, Any] = field(default_factory=dict)
    content: bytes = b""
    key: str = ""
    seen: int | None = None

    @property
    def portal(self) -> Portal:
        """The application at work."""
        return portal_of(self.request)

    @property
    def app(self) -> App:
        """What the services need."""
        return self.portal.app

    @property
    def visitor(self) -> Visitor:
        """In whose name it is asked."""
        return self.token.visitor

    @property
    def seats(self) -> frozenset[str]:
        """Their seats of today."""
        return frozenset(seat.code for seat in self.visitor.seats)

    @property
    def words(self) -> Wording:
        """The sentences in the reader's language."""
        return wording(self.request.state.language)

    def seat(self, named: str | None) -> str:
        """The seat through which they act: the one that is named, or the only one that they hold. Refuses that of others."""
        if named is None and len(self.seats) == 1:
            return next(iter(self.seats))
        if named is None:
            raise Refused.because("seat_needed", "seat", seats=", ".join(sorted(self.seats)))
        if named.strip().upper() not in self.seats:
            raise Refused.because("seat_not_yours", "seat", seat=named)
        return named.strip().upper()


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered. ``version``: that of what it is about; ``location``: where what was created is; ``content``: bytes instead of an answer."""

    answer: BaseModel | None = None
    version: int | None = None
    location: str = ""
    replayed: bool = False
    content: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


Kind = Literal["read", "command", "file"]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One operation: where, what it takes, what it answers, and whether it creates something.

    ``right``: its row in the rights; several operations may share one. ``kind``: a command has a body, a key and a version; ``file``: the body is a file.
    ``group``: under which heading it is described; ``answers``: None for a file that is sent.
    """

    name: str
    right: str
    method: Literal["GET", "POST"]
    path: str
    handle: Callable[[Call], Reply]
    answers: type[BaseModel] | None
    group: str
    kind: Kind = "read"
    query: type[Asked] = Asked
    body: Body | None = None
    creates: bool = False
    versioned: bool = False

    @property
    def address(self) -> str:
        """Its path, from the root of the portal."""
        return f"{ROOT}{self.path}"

    @property
    def scope(self) -> str:
        """The scope that its token needs, or an empty text."""
        return scope_of(self.right) or ""

    @property
    def parameters(self) -> list[str]:
        """The names in its path."""
        return [part[1:-1] for part in self.path.split("/") if part.startswith("{")]


def unknown() -> NotFound:
    """That nothing lies at an address."""
    return NotFound(Problem("resource_unknown"))
