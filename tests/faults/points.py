"""Where a use case may break off: at each commit, each mail, each line to a chat room and each post. Nothing of ours is replaced, only interrupted."""

import smtplib
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

import pytest
import requests
from sqlalchemy.exc import OperationalError

from models.database import Database
from notifications.webhook import Poster

_END_OF_MAIL = b"\r\n.\r\n"


class Crash(BaseException):
    """The process is gone. No code of ours may survive it."""


class Kind(StrEnum):
    """What happens at a point."""

    DIES_BEFORE = "the process dies just before"
    DIES_AFTER = "the process dies just after"
    FAILS = "it does not happen, and is reported as failed"
    LIES = "it happens, and is reported as failed"


class Break:
    """Counts the points that a use case passes, and breaks it off at the one numbered ``at``, from 0."""

    def __init__(self, kind: Kind | None = None, at: int = -1) -> None:
        self.kind, self.at = kind, at
        self.points: list[str] = []
        self.dead = False
        self.talking: set[smtplib.SMTP] = set()

    @property
    def broke(self) -> bool:
        return 0 <= self.at < len(self.points)

    def arrive(self, point: str, error: Exception) -> None:
        """Just before."""
        self.live()
        self.points.append(point)
        if self._here:
            self._die_if(Kind.DIES_BEFORE)
            if self.kind is Kind.FAILS:
                raise error

    def leave(self, error: Exception) -> None:
        """Just after."""
        if self._here:
            self._die_if(Kind.DIES_AFTER)
            if self.kind is Kind.LIES:
                raise error

    @property
    def _here(self) -> bool:
        return len(self.points) == self.at + 1

    def live(self) -> None:
        """Whatever a dead process tries."""
        if self.dead:
            raise Crash

    def _die_if(self, kind: Kind) -> None:
        if self.kind is kind:
            self.dead = True
            raise Crash


@contextmanager
def breaking(interruption: Break) -> Iterator[None]:
    """Interrupt what happens in here; a process that died leaves no more trace, whatever its handlers try."""
    with pytest.MonkeyPatch.context() as patch:
        _interrupt_commits(patch, interruption)
        _interrupt_mails(patch, interruption)
        _interrupt_chats(patch, interruption)
        _interrupt_posts(patch, interruption)
        try:
            yield
        finally:
            _let_the_system_clear_up(interruption)


def _let_the_system_clear_up(interruption: Break) -> None:
    """What a system does for a process that died."""
    for connection in interruption.talking if interruption.dead else ():
        connection.close()


def _lost() -> OperationalError:
    return OperationalError("COMMIT", {}, Exception("the connection was lost"), connection_invalidated=True)


def _interrupt_commits(patch: pytest.MonkeyPatch, interruption: Break) -> None:
    door = Database.write

    @contextmanager
    def write(self):
        interruption.live()
        with door(self) as connection:
            yield connection
            interruption.arrive("commit", _lost())
        interruption.leave(_lost())

    patch.setattr(Database, "write", write)


def _interrupt_mails(patch: pytest.MonkeyPatch, interruption: Break) -> None:
    """The last bytes of a mail leave in one piece; its acceptance is the answer that follows them."""
    send, getreply = smtplib.SMTP.send, smtplib.SMTP.getreply
    handed_over: set[int] = set()

    def send_or_break(self, content):
        interruption.live()
        interruption.talking.add(self)
        if isinstance(content, bytes) and content.endswith(_END_OF_MAIL):
            with _hanging_up(self):
                interruption.arrive("mail", ConnectionResetError("gone"))
            handed_over.add(id(self))
        send(self, content)

    def hear_or_break(self):
        reply = getreply(self)
        if id(self) in handed_over:
            handed_over.discard(id(self))
            with _hanging_up(self):
                interruption.leave(ConnectionResetError("gone"))
        return reply

    patch.setattr(smtplib.SMTP, "send", send_or_break)
    patch.setattr(smtplib.SMTP, "getreply", hear_or_break)


def _interrupt_chats(patch: pytest.MonkeyPatch, interruption: Break) -> None:
    ask = requests.request

    def ask_or_break(*asked, **more):
        interruption.arrive("chat", requests.ConnectionError("gone"))
        answer = ask(*asked, **more)
        interruption.leave(requests.ConnectionError("gone"))
        return answer

    patch.setattr(requests, "request", ask_or_break)


def _interrupt_posts(patch: pytest.MonkeyPatch, interruption: Break) -> None:
    post = Poster._within

    async def post_or_break(self, door, request):
        interruption.arrive("post", ConnectionResetError("gone"))
        heard = await post(self, door, request)
        interruption.leave(ConnectionResetError("gone"))
        return heard

    patch.setattr(Poster, "_within", post_or_break)


@contextmanager
def _hanging_up(connection: smtplib.SMTP) -> Iterator[None]:
    try:
        yield
    except ConnectionResetError:
        connection.close()
        raise
