"""Messages that are about no event: links to sign in, addresses that mail no longer reaches, what operators are told."""

from collections.abc import Callable, Mapping
from html import escape
from typing import Any, NamedTuple, cast

from models.charter import Charter
from models.telling.reasons import Reason
from notifications.catalogue import ADDRESS_REFUSED, BODY_REMINDER, SIGN_IN, WEBHOOK_OFF
from notifications.channels import MAIL, OPERATORS
from notifications.context import Context
from notifications.message import Receipt, Recipient, Sender
from notifications.render import Rendered, compose, render_line
from services.clock import local_day
from services.context_frame import bare_context
from services.identities import identities_at
from services.links import WORDS as LINK_WORDS
from services.links import address_of, borne_by
from services.operators import say_to_operators
from services.rooms import say_in_room
from services.sending import Post, Row, Unsent, addressee, post_alone
from services.sending_body_reminders import PEOPLE, send_body_reminder
from services.told_of_address import told_of_address
from services.webhooks.due import is_off
from services.wording import Wording


def send_alone(post: Post, row: Row) -> Receipt | Unsent:
    """Compose a message about no event and hand it over, or say why nobody is to have it any longer. Raises as ``sending.send``."""
    return _WAYS.get(row["message"], _send_alert)(post, row)


def _send_sign_in(post: Post, row: Row) -> Receipt:
    """The link by which somebody who asked for it signs in; everybody who may use it is greeted."""
    with post.app.db.read() as connection:
        person = addressee(connection, row)
        names = dict.fromkeys(one.name for one in identities_at(post.app, connection, row["person_id"], row["created_at"]))
        charter = post.charter(connection, row)
    sender = Sender(charter.sender.name.of(person.language), charter.sender.address)
    today = local_day(post.now(), charter.convention.timezone)
    named = charter.convention.name.of(person.language)
    facts = bare_context(named, person.language, rehearsal=post.rehearsal, today=today, privacy=post.privacy, link=LINK_WORDS[SIGN_IN])
    link = address_of(post.secret, post.app.settings.base_url, SIGN_IN, borne_by(row)) or ""
    written = compose(SIGN_IN, person.language, {**facts, "because": row["because"]}).to(", ".join(names) or person.name, link)
    return post_alone(post, row, sender, Recipient(person.name, person.email, person.language), written)


def _send_address_refused(post: Post, row: Row) -> Receipt | Unsent:
    """That mail no longer reaches somebody, to who can mend it, unless it was mended."""
    app = post.app
    with app.db.read() as connection:
        person = addressee(connection, row)
        charter = post.charter(connection, row)
        today = local_day(post.now(), charter.convention.timezone)
        told = told_of_address(connection, charter, row["details"]["person"], (person.language, today))
    if told is None:
        return Unsent(Reason.NOT_WANTED)
    return _post_to_mender(post, row, charter, person, _Mending(told.concerned, "person", f"{app.settings.base_url}/{PEOPLE}/{told.code}"))


def _send_webhook_off(post: Post, row: Row) -> Receipt | Unsent:
    """That a program takes what it is told no longer, to who can mend it, unless it was mended."""
    app, details = post.app, row["details"]
    with app.db.read() as connection:
        person = addressee(connection, row)
        charter = post.charter(connection, row)
        still = is_off(connection, details["webhook"])
    if not still:
        return Unsent(Reason.NOT_WANTED)
    page = f"{app.settings.base_url}/{WEBHOOKS}/{details['webhook']}"
    return _post_to_mender(post, row, charter, person, _Mending(details["host"], "webhook", page))


class _Mending(NamedTuple):
    """What has to be mended, and where: what the link is called, and where it leads."""

    concerned: str
    link: str
    address: str


def _post_to_mender(post: Post, row: Row, charter: Charter, person: Any, mending: _Mending) -> Receipt:
    """By mail, or as a line in the person's own room."""
    named, today = charter.convention.name.of(person.language), local_day(post.now(), charter.convention.timezone)
    around = bare_context(named, person.language, rehearsal=post.rehearsal, today=today, privacy=post.privacy, link=mending.link)
    context = cast("Context", {**around, "concerned": mending.concerned, "because": row["because"]})
    if row["channel"] != MAIL:
        line = render_line(row["message"], person.language, context, mending.address)
        return say_in_room(post.app, post.gateway, row["channel"], str(row["id"]), line)
    written = compose(row["message"], person.language, context).to(person.name, mending.address)
    sender = Sender(charter.sender.name.of(person.language), charter.sender.address)
    return post_alone(post, row, sender, Recipient(person.name, person.email, person.language), written)


def _send_alert(post: Post, row: Row) -> Receipt:
    """What operators are told: by mail to their address, or to their chat channel."""
    app, language = post.app, post.app.settings.language
    wording = Wording(language)
    title, text = say_to_operators(row["message"], row["details"], wording, rehearsal=post.rehearsal)
    if row["channel"] != OPERATORS:
        return say_in_room(app, post.gateway, row["channel"], str(row["id"]), (title, text))
    with app.db.read() as connection:
        sender = post.charter(connection, row).sender
    paragraphs = "".join(f"<p>{escape(line)}</p>" for line in text.splitlines() if line)
    html = f'<!doctype html><html lang="{language}"><title>{escape(title)}</title><h1>{escape(title)}</h1>{paragraphs}</html>'
    recipient = Recipient(wording.say("operators.name"), app.settings.operators_mail, language)
    return post_alone(post, row, Sender(sender.name.of(language), sender.address), recipient, Rendered(title, text + "\n", html))


WEBHOOKS = "webhooks"
"""The path of the page of programs that are told of events."""

_WAYS: Mapping[str, Callable[[Post, Row], Receipt | Unsent]] = {
    SIGN_IN: _send_sign_in,
    ADDRESS_REFUSED: _send_address_refused,
    WEBHOOK_OFF: _send_webhook_off,
    BODY_REMINDER: send_body_reminder,
}
