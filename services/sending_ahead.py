"""The list of somebody's own deadlines that they asked to be told ahead: read and asked anew at the moment of sending."""

from collections.abc import Sequence
from functools import partial
from typing import Any, cast
from uuid import UUID

from models.telling.reasons import Reason
from notifications.catalogue import OWN_DEADLINES
from notifications.channels import MAIL
from notifications.context import Context, DigestLine
from notifications.dates import long_date
from notifications.frame import frame_of, typeset
from notifications.message import Receipt
from notifications.render import compose, render_line
from services.context_frame import bare_context
from services.foretelling import still_ahead
from services.in_place import name_of
from services.links import address_of
from services.own_deadlines import Asked
from services.own_links import links_for, purpose_of
from services.rooms import say_in_room
from services.sending import ACTIONS, About, Post, Row, Unsent, addressee, post_about
from services.sending_digest import DESK
from services.wording import Wording
from services.work import Work, open_work


def send_ahead(post: Post, row: Row) -> Receipt | Unsent:
    """Compose a list and hand it over; or say that nothing of it is ahead any longer. Raises as ``sending.send``."""
    app = post.app
    with app.db.read() as connection:
        person = addressee(connection, row)
        work = open_work(app, connection, row["convention"])
        ahead = still_ahead(work, row["person_id"], UUID(row["details"]["list"]))
        links = links_for(connection, row["person_id"], ahead, work.wall)
        secretariat = post.secretariat(connection, work.charter, person.language)
    if not ahead:
        return Unsent(Reason.NOT_WANTED)
    facts = _facts(post, work, list(zip(ahead, links, strict=True)), person.language)
    if row["channel"] != MAIL:
        line = render_line(OWN_DEADLINES, person.language, facts, f"{app.settings.base_url}/{DESK}")
        return say_in_room(app, post.gateway, row["channel"], str(row["id"]), line)
    context = cast("Context", {**facts, "because": row["because"], "how": secretariat[1]})
    written = compose(OWN_DEADLINES, person.language, context).to(person.name, choices=post.choices(row))
    about = About(facts["action"]["number"] or None, None, secretariat)
    return post_about(post, row, work.charter, person, written, about)


def _facts(post: Post, work: Work, ahead: Sequence[tuple[Asked, Any]], language: str) -> Context:
    named = work.charter.convention.name.of(language)
    around = bare_context(named, language, rehearsal=post.rehearsal, today=work.today, privacy=post.privacy, link=None)
    numbers = {one.number for one, _ in ahead}
    only = {"number": min(numbers)} if len(numbers) == 1 else {}
    lines = [cast("DigestLine", {**_line(work, one, Wording(language)), **_way(post, one, link, language)}) for one, link in ahead]
    return cast("Context", {**around, "action": {**around["action"], **only}, "digest": {"lines": lines, "actions": len(numbers)}})


def _line(work: Work, one: Asked, words: Wording) -> dict[str, Any]:
    """What is to be done, by when and for whom."""
    set_in = partial(typeset, language=words.language)
    what = one.what(words, set_in=set_in)
    return {
        "number": one.number,
        "title": one.title,
        "occurred_on": one.due_on,
        "headline": what[:1].upper() + what[1:],
        "lead": [set_in(_when(work, one, words)), *_for_whom(work, one, words)],
    }


def _way(post: Post, one: Asked, link: Any, language: str) -> dict[str, str]:
    """Where it is done: by the link of the mail that asked for it, else on the page of the action."""
    words, page = frame_of(language).links, f"{post.app.settings.base_url}/{ACTIONS}/{one.number}"
    own = address_of(post.secret, post.app.settings.base_url, link.message, link.link) if link else None
    return {"label": words[(own and purpose_of(one)) or "action"], "address": own or page}


def _when(work: Work, one: Asked, words: Wording) -> str:
    """The last day, and how many working days are left until it."""
    days = work.calendar.worked_between(work.today, one.due_on)
    told: dict[str, str | int] = {"day": long_date(one.due_on, words.language), "days": days}
    if one.due_on == work.today:
        return words.say("ahead.today", **told)
    return words.say("ahead.one" if days == 1 else "ahead.many" if days else "ahead.none", **told)


def _for_whom(work: Work, one: Asked, words: Wording) -> list[str]:
    """The body that asks, and the seats for which the reader answers."""
    code = one.due["body"]
    body = (name_of(work.charter, "bodies", code, words.language) or code) if code else ""
    told = {"body": body, "seats": ", ".join(one.seats)}
    return [words.say(f"calendar.{name}", **{name: value}) for name, value in told.items() if value]
