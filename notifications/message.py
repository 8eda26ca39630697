"""What is handed over for sending, and what comes back: plain values without behaviour."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Recipient:
    """One person, one address: a mail never has two of them."""

    name: str
    address: str
    language: str


@dataclass(frozen=True, slots=True)
class Sender:
    """Who signs the mail: the convention's own name and address."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a mail."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Invitation:
    """An entry for the reader's calendar, or that it goes: ``method`` is REQUEST or CANCEL, as ``content`` says too."""

    method: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail to one person.

    ``message_id`` and ``thread_id`` read ``<left@domain>``. The first stays the same however often the mail is sent again;
    the second is the root of the conversation, or None for a mail that stands alone. ``unsubscribe``: an https address at which one click of the
    reader's mail program stops mails of this kind (RFC 8058), or None.
    """

    sender: Sender
    reply_to: str
    recipient: Recipient
    subject: str
    text: str
    html: str
    message_id: str
    thread_id: str | None
    list_id: str | None
    list_name: str
    rehearsal: bool
    unsubscribe: str | None = None
    attachments: tuple[Attachment, ...] = ()
    invitation: Invitation | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """The other side took the message: its reply code and its words."""

    code: int
    text: str


class Outlet(Protocol):
    """Where messages go, one at a time to one address; it answers with a receipt, or raises DeliveryError."""

    def send_mail(self, mail: bytes, envelope_from: str, envelope_to: str) -> Receipt:
        """Take a finished mail for one address."""

    def send_chat(self, url: str, title: str, text: str, key: str) -> Receipt:
        """Take a short text for a chat room; ``key`` stays the same however often it is sent."""


class DeliveryError(Exception):
    """The message was not delivered, or nobody can tell.

    permanent: trying again would fail again. uncertain: the other side may have taken the message before the connection
    was lost, so that sending it again might deliver it twice; a person decides. Neither: try again later.
    of_recipient: it is the recipient that the other side would not take, whatever the message. The text never holds a secret nor an address.
    """

    def __init__(
        self,
        text: str,
        *,
        permanent: bool = False,
        uncertain: bool = False,
        code: int | None = None,
        status: str | None = None,
        of_recipient: bool = False,
    ) -> None:
        """Keep the reason in words; ``code`` is the other side's reply, ``status`` its enhanced status (RFC 3463), if it gave one."""
        super().__init__(text)
        self.text = text
        self.permanent = permanent
        self.uncertain = uncertain
        self.code = code
        self.status = status
        self.of_recipient = of_recipient
