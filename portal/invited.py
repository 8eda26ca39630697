"""The link of a mail, as a page is given it: known, or counted against whoever tries links one after another."""

from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import Request

from models.errors import NotFound
from portal.context import portal_of
from portal.limits import caller
from services.invitations import Invitation, invitation

_TRIES, _SECONDS = 30, 60


def invited(request: Request, token: str, kind: str) -> Invitation:
    """What a link stands for; the page is then in its person's language, about its convention.

    Raises NotFound for a link that this home did not make, and TooMany to whoever has tried many of them.
    """
    with counted(request):
        found = invitation(portal_of(request).app, token, kind)
    request.state.language, request.state.convention = found.language, found.convention
    return found


@contextmanager
def counted(request: Request) -> Iterator[None]:
    """Count a link that is not known against whoever tries it. Raises TooMany to whoever has tried many of them."""
    try:
        yield
    except NotFound:
        portal_of(request).limits.spend("unknown link", caller(request), tries=_TRIES, seconds=_SECONDS)
        raise
