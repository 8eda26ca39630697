"""The digest: what several messages would have said, read and asked anew at the moment of sending."""

from collections.abc import Mapping, Sequence
from typing import cast
from uuid import UUID

import sqlalchemy as sa

from models.prepared import Prepared
from models.tables import Delivery, Event, table
from models.telling.reasons import Reason
from notifications.catalogue import DIGEST
from notifications.channels import MAIL
from notifications.context import Context, DigestLine
from notifications.frame import frame_of
from notifications.message import Receipt
from notifications.render import compose, render_line
from services.charter_store import charter_in_force
from services.clock import local_day
from services.context_frame import bare_context, secretariat_for
from services.contexts import Told
from services.links import address_of
from services.rooms import say_in_room
from services.sending import About, Post, Row, Unsent, addressee, link_of, post_about
from services.wanted import why_not

_DELIVERY, _EVENT = table(Delivery), table(Event)
_MEMBERS = Prepared(
    sa.select(_DELIVERY)
    .join(_EVENT, _EVENT.c.id == _DELIVERY.c.event_id)
    .where(
        _DELIVERY.c.folded_into == sa.bindparam("digest_"),
        _DELIVERY.c.state.not_in([sa.literal_column("'cancelled'"), sa.literal_column("'suppressed'")]),
    )
    .order_by(_EVENT.c.position.desc())
)
DESK = "bureau"
"""The path of the portal's first page."""
_END = Prepared(_DELIVERY.update().where(_DELIVERY.c.id == sa.bindparam("delivery_")), "state", "answer", "reason", "settled_at")


def send_digest(post: Post, row: Row) -> Receipt | Unsent:
    """Compose a digest and hand it over; or say that nothing of it is asked for any longer. What is not is noted, each with its reason."""
    with post.app.db.read() as connection:
        person = addressee(connection, row)
        charter = charter_in_force(connection, row["convention"])
        today = local_day(post.now(), charter.convention.timezone)
        secretariat = secretariat_for(connection, charter, None, person.language, today)
    lines = [_line(post, member, told, person.language) for member, told in _still_asked_for(post, row, person.language)]
    if not lines:
        return Unsent(Reason.NOT_WANTED)
    numbers = list(dict.fromkeys(line["number"] for line in lines))
    only = numbers[0] if len(numbers) == 1 else None
    named = charter.convention.name.of(person.language)
    around = bare_context(named, person.language, rehearsal=post.rehearsal, today=today, privacy=post.privacy, link=None)
    told = {"action": {**around["action"], "number": only or ""}, "digest": {"lines": lines, "actions": len(numbers)}}
    facts = {**around, **told, "because": row["because"], "how": secretariat[1]}
    if row["channel"] != MAIL:
        line = render_line(DIGEST, person.language, cast("Context", facts), f"{post.app.settings.base_url}/{DESK}")
        return say_in_room(post.app, post.gateway, row["channel"], str(row["id"]), line)
    written = compose(DIGEST, person.language, cast("Context", facts)).to(person.name, choices=post.choices(row))
    return post_about(post, row, charter, person, written, About(only, None, secretariat))


def _still_asked_for(post: Post, row: Row, language: str) -> list[tuple[Row, Told]]:
    """What the digest is to tell, the newest act first. What is let go may leave nothing to tell of what took it back: so it is asked again."""
    while True:
        with post.app.db.read() as connection:
            each = [(member, post.told(connection, member, language)) for member in _members(connection, row)]
            reasons = {member["id"]: why_not(connection, told, member, post.look) for member, told in each}
        if not any(reasons.values()):
            return each
        _let_go(post, {one: reason for one, reason in reasons.items() if reason})


def _members(connection: sa.Connection, row: Row) -> Sequence[Row]:
    return [member._asdict() for member in _MEMBERS.all(connection, digest_=row["id"])]


def _let_go(post: Post, members: Mapping[UUID, str]) -> None:
    ended = {"state": "cancelled", "answer": "no longer asked for", "settled_at": post.app.clock.wall()}
    with post.app.db.write() as connection:
        _END.run_all(connection, [{"delivery_": one, "reason": reason, **ended} for one, reason in members.items()])


def _line(post: Post, member: Row, told: Told, language: str) -> DigestLine:
    headline, lead = post.gist(member, language, told)
    link, frame = link_of(member, told), frame_of(language)
    own = address_of(post.secret, post.app.settings.base_url, member["message"], member["id"]) if link else None
    return {
        "number": told.number,
        "title": told.facts["action"]["title"],
        "occurred_on": told.event["occurred_on"],
        "headline": headline,
        "lead": lead,
        "label": frame.links[link if link and own else "action"],
        "address": own or f"{post.app.settings.base_url}/actions/{told.number}",
    }
