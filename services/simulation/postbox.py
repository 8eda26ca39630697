"""The mails of a simulation as the mailbox of a home (Maildir): ``passerelle mailbox`` and the portal show them."""

import os
from datetime import UTC, datetime
from pathlib import Path

from notifications.sink import prepare
from services.timelapse.clock import VirtualTime
from services.timelapse.outbox import Letter, Line

_START = datetime.fromtimestamp(0, UTC)


class Postbox:
    """Keeps every mail in the order in which it left, dated by virtual time; what goes to chat rooms is no mail."""

    def __init__(self, home: Path) -> None:
        """The mailbox of this home, made when the first mail comes."""
        self._folder, self._mails = home / "mailbox", 0
        self.clock = VirtualTime(_START)

    def keep(self, message: Letter | Line) -> None:
        """Keep a message, if it is a mail."""
        if isinstance(message, Line):
            return
        if not self._mails:
            prepare(self._folder)
        self._mails += 1
        moment = self.clock().timestamp()
        path = self._folder / "new" / f"{int(moment)}.{self._mails:07}.simulation"
        with path.open("xb") as file:
            file.write(f"Return-Path: <{message.sender}>\r\nDelivered-To: {message.recipient}\r\n".encode() + message.content)
        os.utime(path, (moment, moment))
