"""The chat channels in use, what lies behind their references, and whether a message gets there. Addresses are read and shown to nobody."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from models.contradictions import is_reference, nearest
from models.errors import NotFound, Problem, Refused
from models.tables import Person, table
from notifications.apprise_adapter import look_at
from notifications.channels import ChannelError
from notifications.hosts import HostError
from notifications.message import DeliveryError
from services.bootstrap import App
from services.charter_store import charter_in_force
from services.hold import held
from services.homes import read_mark
from services.leases import take
from services.rooms import address_of, say_in_room
from services.way_out import way_out
from services.wording import Wording

_PERSON = table(Person)
_PAUSE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Channel:
    """A room by reference, and whose it is: of a ``body``, of a ``person``, or ``named`` in the charter (``operators``); with their code."""

    kind: str
    code: str
    reference: str


@dataclass(frozen=True, slots=True)
class Found:
    """What lies behind a reference: service and host; or why it leads nowhere: a code if there is one, and a text for operators."""

    service: str | None = None
    host: str | None = None
    reason: str | None = None
    answer: str | None = None


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of a test: ``sent``, ``refused`` for good, ``later`` (it may succeed later) or ``uncertain``; and why, as ``Found`` has it."""

    outcome: str
    reason: str | None = None
    answer: str | None = None


def channels_in_use(app: App, convention: str) -> list[Channel]:
    """Every channel of a convention: of its bodies, those named in its charter, of its persons."""
    mine = (_PERSON.c.convention == convention) & _PERSON.c.channel.is_not(None)
    with app.db.read() as connection:
        charter = charter_in_force(connection, convention)
        persons = connection.execute(sa.select(_PERSON.c.code, _PERSON.c.channel).where(mine).order_by(_PERSON.c.code)).all()
    return [
        *(Channel("body", body.code, body.channel) for body in charter.bodies if body.channel),
        *(Channel("named", name, reference) for name, reference in charter.channels.items()),
        *(Channel("person", row.code, row.channel) for row in persons),
    ]


def channel_called(app: App, convention: str, called: str) -> str:
    """The reference of a channel that is called by it, or by the code of whose it is. Refuses an address, and whoever has no channel."""
    if is_reference(called):
        return called
    if "://" in called:
        raise Refused.because("charter.channel_not_a_reference")
    known = {channel.code: channel.reference for channel in reversed(channels_in_use(app, convention))}
    if called.lower() not in known:
        raise NotFound(Problem("channel_unknown", {"given": called, "near": nearest(called, list(known))}))
    return known[called.lower()]


def look_behind(app: App, reference: str) -> Found:
    """Say which service and host a reference leads to; nothing is sent."""
    try:
        service = look_at(address_of(app, reference))
    except (ChannelError, DeliveryError) as error:
        return Found(reason=_reason(error), answer=str(error))
    return Found(service.name, service.host)


def try_channel(app: App, convention: str, reference: str) -> Tried:
    """Send a message that says it is a test, and say what became of it.

    Refuses a second test within a minute, by whomever, and any in a home that is held.
    """
    with app.db.read() as connection:
        if held(connection) is not None:
            raise Refused.because("home_held")
        named = charter_in_force(connection, convention).convention.name.of(app.settings.language)
    if not take(app.db, f"channel-test:{reference}", str(app.ids()), app.clock.wall(), _PAUSE_SECONDS):
        raise Refused.because("channel_tried_just_now")
    try:
        with way_out(app) as gateway:
            say_in_room(app, gateway, reference, str(app.ids()), _message(app, named))
    except (ChannelError, DeliveryError) as error:
        return Tried(_outcome(error), _reason(error), str(error))
    return Tried("sent")


def reason_in_words(words: Wording, found: Found | Tried) -> str:
    """Why a channel leads nowhere or did not take a message, and what to mend; what the other side said, where we have no words for it."""
    return words.say(f"channels.reason.{found.reason}") if found.reason else found.answer or ""


def _message(app: App, convention: str) -> tuple[str, str]:
    words, mark = Wording(app.settings.language), read_mark(app.db)
    rehearsal = mark is None or mark.rehearsal
    return words.say("channels.test.rehearsal" if rehearsal else "channels.test.title"), words.say(
        "channels.test.text", convention=convention
    )


def _reason(error: ChannelError | DeliveryError) -> str | None:
    return error.reason if isinstance(error, ChannelError | HostError) else None


def _outcome(error: ChannelError | DeliveryError) -> str:
    if isinstance(error, DeliveryError) and not error.permanent:
        return "uncertain" if error.uncertain else "later"
    return "refused"


def served_channels(app: App, convention: str, bodies: Sequence[str]) -> dict[str, str]:
    """The references of the channels of these bodies, by body."""
    return {
        channel.code: channel.reference for channel in channels_in_use(app, convention) if channel.kind == "body" and channel.code in bodies
    }
