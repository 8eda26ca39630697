"""Proxies as pages offer them: who may give one to whom, which may be taken back, which may be used."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from models.charter import ReviewRules
from models.lifecycle import Verb
from services.bootstrap import App
from services.invitations import Invitation
from services.people import holders_of
from services.served import seats_served
from services.visitors import Visitor

Choices = Sequence[tuple[str, str]]
VERBS = (Verb.GIVE_PROXY, Verb.REVOKE_PROXY, Verb.VOTE_BY_PROXY)


def choices(app: App, visitor: Visitor, verb: str | None, action: Mapping[str, Any]) -> dict[str, Choices]:
    """The seats that the form of such a verb offers: those for which the visitor may speak, and those that are asked with them."""
    if verb not in VERBS:
        return {}
    opened = [review for review in action["reviews"] if review["closed_on"] is None]
    speaks_for = dict(seats_served(app, visitor))
    if verb == Verb.GIVE_PROXY:
        asked = {seat for review in opened for seat in review["electorate"]}
        return {
            "giver": [(seat, name) for seat, name in speaks_for.items() if seat in asked],
            "holder": _named(app, visitor.convention, asked),
        }
    standing = [proxy for review in opened for proxy in review["proxies"] if proxy["revoked_on"] is None]
    if verb == Verb.REVOKE_PROXY:
        givers = {proxy["giver"] for proxy in standing}
        return {"giver": [(seat, name) for seat, name in speaks_for.items() if seat in givers]}
    usable = [proxy for proxy in standing if proxy["held_by"] in speaks_for]
    return {
        "voter": _named(app, visitor.convention, {proxy["giver"] for proxy in usable}),
        "holder": [(seat, name) for seat, name in speaks_for.items() if seat in {proxy["held_by"] for proxy in usable}],
    }


def _named(app: App, convention: str, seats: Iterable[str]) -> Choices:
    names = holders_of(app, convention, seats)
    return [(seat, f"{seat} · {names[seat]}" if seat in names else seat) for seat in sorted(seats)]


def on_answer_page(app: App, found: Invitation, action: Mapping[str, Any], rules: ReviewRules | None, today: date) -> dict[str, Any]:
    """What the page of a link shows of proxies: those that stand for the reader's own seats, and to whom they may give one.

    ``standing``: the proxies given by those seats, also one that was used. ``givers``: the seats that may still give one. ``holders``: the
    members who may still be given one.
    """
    if found.review is None or rules is None or rules.proxies_per_holder == 0 or rules.ballot == "secret":
        return {"standing": [], "givers": [], "holders": []}
    review = next(review for review in action["reviews"] if review["id"] == found.review["id"])
    own = [seat for seat in found.seats if seat not in found.through and seat not in found.by_proxy]
    lasting = [proxy for proxy in review["proxies"] if proxy["revoked_on"] is None and (proxy["until"] is None or proxy["until"] >= today)]
    standing = [proxy for proxy in lasting if proxy["giver"] in own]
    represented, held = {proxy["giver"] for proxy in lasting}, Counter(proxy["held_by"] for proxy in lasting)
    givers = [seat for seat in own if seat not in {*review["answered"], *represented, *held}]
    full = {seat for seat, count in held.items() if count >= rules.proxies_per_holder}
    others = [seat for seat in review["electorate"] if seat not in {*own, *review["recused"], *represented, *full}]
    names = holders_of(app, found.convention, [*others, *(proxy["held_by"] for proxy in standing)])
    named = [{**proxy, "holder": f"{names.get(proxy['held_by'], '')} ({proxy['held_by']})".strip()} for proxy in standing]
    return {"standing": named, "givers": givers, "holders": _named(app, found.convention, others) if givers else []}
