"""The link of a mail, as a page is given it: known, or counted against whoever tries links one after another."""

from fastapi import Request

from models.errors import NotFound
from portal.context import portal_of
from services.invitations import Invitation, invitation

_TRIES, _SECONDS = 30, 60


def invited(request: Request, token: str, kind: str) -> Invitation:
    """What a link stands for; the page is then in its person's language, about its convention.

    Raises NotFound for a link that this home did not make, and TooMany to whoever has tried many of them.
    """
    portal = portal_of(request)
    try:
        found = invitation(portal.app, token, kind)
    except NotFound:
        portal.limits.spend("unknown link", request.client.host if request.client else "?", tries=_TRIES, seconds=_SECONDS)
        raise
    request.state.language, request.state.convention = found.language, found.convention
    return found
