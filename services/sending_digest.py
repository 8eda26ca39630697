"""The digest: what several messages would have said, read and asked anew at the moment of sending."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast
from uuid import UUID

import sqlalchemy as sa

from models.charter import Charter
from models.prepared import Prepared
from models.tables import Delivery, Event, table
from models.telling.reasons import Reason
from notifications.catalogue import DUE_TOGETHER
from notifications.channels import MAIL
from notifications.context import Context, DigestLine
from notifications.frame import frame_of
from notifications.message import Receipt
from notifications.render import compose, own_link, render_line
from services.clock import local_day
from services.context_frame import bare_context
from services.contexts import Told
from services.links import address_of, borne_by
from services.rooms import say_in_room
from services.sending import About, Alike, Post, Row, Unsent, addressee, link_of, post_about
from services.wanted import why_not

_DELIVERY, _EVENT = table(Delivery), table(Event)
_MEMBERS = Prepared(
    sa.select(*(_DELIVERY.c[name] for name in ("id", "link_id", "event_id", "message", "because", "person_id", "convention")))
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
    asked = _still_asked_for(post, row)
    if not asked.members:
        return Unsent(Reason.NOT_WANTED)
    charter, person = asked.charter, asked.person
    if row["channel"] != MAIL:
        line = render_line(row["message"], person.language, _facts(post, row, asked), f"{post.app.settings.base_url}/{DESK}")
        return say_in_room(post.app, post.gateway, row["channel"], str(row["id"]), line)
    letter = post.digest(_alike(post, row, asked), lambda: compose(row["message"], person.language, _facts(post, row, asked)))
    own = [_own_link(post, member, told) or "" for member, told in asked.members]
    about = About(_only(asked.numbers), None, asked.secretariat)
    return post_about(post, row, charter, person, letter.to(person.name, choices=post.choices(row), each=own), about)


class _Asked(NamedTuple):
    """What a digest is to tell, the newest act first, or action by action in the order of their numbers where all fell due at once, to whom, by whose charter; the office that signs, and its address."""

    person: Any
    charter: Charter
    members: Sequence[tuple[Row, Told]]
    secretariat: tuple[str, str]

    @property
    def numbers(self) -> list[str]:
        """The actions that it is about."""
        return list(dict.fromkeys(told.number for _, told in self.members))


def _only(numbers: Sequence[str]) -> str | None:
    return numbers[0] if len(numbers) == 1 else None


def _alike(post: Post, row: Row, asked: _Asked) -> Alike:
    """What a digest depends on: those of many persons say the same."""
    language = asked.person.language
    return (
        row["convention"],
        row["message"],
        language,
        row["because"],
        *(post.alike(member, language, told) for member, told in asked.members),
    )


def _facts(post: Post, row: Row, asked: _Asked) -> Context:
    language, numbers = asked.person.language, asked.numbers
    today = local_day(post.now(), asked.charter.convention.timezone)
    named = asked.charter.convention.name.of(language)
    around = bare_context(named, language, rehearsal=post.rehearsal, today=today, privacy=post.privacy, link=None)
    lines = [_line(post, n, member, told, language) for n, (member, told) in enumerate(asked.members)]
    told: dict[str, Any] = {
        "action": {**around["action"], "number": _only(numbers) or ""},
        "digest": {"lines": lines, "actions": len(numbers)},
    }
    if row["message"] == DUE_TOGETHER:
        told["questions"] = list(dict.fromkeys(question for _, member in asked.members for question in member.facts["questions"]))
    return cast("Context", {**around, **told, "because": row["because"], "how": asked.secretariat[1]})


def _still_asked_for(post: Post, row: Row) -> _Asked:
    """What the digest is to tell. What is let go may leave nothing to tell of what took it back: so it is asked again."""
    while True:
        with post.app.db.read() as connection:
            person = addressee(connection, row)
            charter = post.charter(connection, row)
            each = [(member, post.told(connection, member, person.language)) for member in _members(connection, row)]
            if row["message"] == DUE_TOGETHER:
                each.sort(key=lambda pair: pair[1].number)
            reasons = {member["id"]: why_not(connection, told, member, post.look) for member, told in each}
            if not any(reasons.values()):
                return _Asked(person, charter, each, post.secretariat(connection, charter, person.language))
        _let_go(post, {one: reason for one, reason in reasons.items() if reason})


def _members(connection: sa.Connection, row: Row) -> Sequence[Row]:
    return [member._asdict() for member in _MEMBERS.all(connection, digest_=row["id"])]


def _let_go(post: Post, members: Mapping[UUID, str]) -> None:
    ended = {"state": "cancelled", "answer": "no longer asked for", "settled_at": post.app.clock.wall()}
    with post.app.db.write() as connection:
        _END.run_all(connection, [{"delivery_": one, "reason": reason, **ended} for one, reason in members.items()])


def _own_link(post: Post, member: Row, told: Told) -> str | None:
    """Where one of the messages would have led its reader alone, if anywhere."""
    return address_of(post.secret, post.app.settings.base_url, member["message"], borne_by(member)) if link_of(member, told) else None


def _line(post: Post, position: int, member: Row, told: Told, language: str) -> DigestLine:
    headline, lead = post.gist(member, language, told)
    link, frame, own = link_of(member, told), frame_of(language), _own_link(post, member, told)
    return {
        "number": told.number,
        "title": told.facts["action"]["title"],
        "occurred_on": told.event["occurred_on"],
        "headline": headline,
        "lead": lead,
        "label": frame.links[link if link and own else "action"],
        "address": own_link(position) if own else f"{post.app.settings.base_url}/actions/{told.number}",
    }
