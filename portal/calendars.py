"""The address of a calendar as pages show it."""

from typing import NamedTuple

from fastapi import Request

from portal.context import charter_of, language_of, portal_of, said_moment, wording
from services.feed_addresses import Whose, address_of

MADE = ("make", "renew", "revoke")
"""What the forms of an address do."""
OWN = "own"


class Shown(NamedTuple):
    """The address of one calendar: what its form is sent to and called, and where it is read; ``url`` is empty where it has none."""

    at: str
    action: str
    label: str
    url: str
    subscribe: str
    since: str
    read: str


def shown(request: Request, whose: Whose, label: str) -> Shown:
    """A calendar as its form shows it; ``label`` names the field of its address."""
    words, zone = wording(language_of(request)), charter_of(request).convention.timezone
    at = whose.body or OWN
    action = f"/calendriers/{whose.body}" if whose.body else "/preferences/calendrier"
    found = address_of(portal_of(request).app, whose)
    if found is None:
        return Shown(at, action, label, "", "", "", "")
    since = words.say("portal.calendar.since", moment=said_moment(found.made_at, words, zone))
    if found.read_at is None:
        return Shown(at, action, label, found.url, found.subscribe, since, words.say("portal.calendar.unread"))
    read = words.say("portal.calendar.read", moment=said_moment(found.read_at, words, zone))
    return Shown(at, action, label, found.url, found.subscribe, since, read)


def done_in_words(request: Request) -> str:
    """What a form of an address has just done; empty if none has."""
    done = request.query_params.get("agenda", "")
    return wording(language_of(request)).say(f"portal.calendar.done.{done}") if done in MADE else ""
