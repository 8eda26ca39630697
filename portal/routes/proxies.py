"""Giving a proxy from the mail that asks for an opinion, and taking it back."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import ValidationError

from models.commands import Actor, GiveProxy, RevokeProxy, Via
from models.errors import Refused
from models.lifecycle import Verb
from portal.context import page, portal_of
from portal.filled import Filled, filled
from portal.invited import invited
from portal.routes.answer import answer_form, day_of
from services.clock import new_id
from services.dispatch import execute
from services.invitations import Invitation
from services.links import ANSWER, PATHS
from services.people import holders_of
from services.validation import explain_validation

router = APIRouter()
Sent = Annotated[Filled, Depends(filled)]


@router.post(f"/{PATHS[ANSWER]}/{{token}}/pouvoir", name="give_proxy")
def give(request: Request, token: str, sent: Sent) -> Response:
    """Let another member give the opinion of the seat that was asked, once however often it is sent."""

    def asked(about: dict[str, Any]) -> GiveProxy:
        if not sent.text("holder"):
            raise Refused.because("proxy_holder_not_chosen", "holder")
        return GiveProxy(**about, verb=Verb.GIVE_PROXY, holder=sent.text("holder"))

    return _carry_out(request, token, sent, asked)


@router.post(f"/{PATHS[ANSWER]}/{{token}}/pouvoir/retrait", name="revoke_proxy")
def revoke(request: Request, token: str, sent: Sent) -> Response:
    """Take a proxy back that was not used."""
    return _carry_out(request, token, sent, lambda about: RevokeProxy(**about, verb=Verb.REVOKE_PROXY))


def _carry_out(request: Request, token: str, sent: Filled, asked: Callable[[dict[str, Any]], GiveProxy | RevokeProxy]) -> Response:
    found = invited(request, token, ANSWER)
    if found.hindrance is not None:
        return answer_form(request, token, found)
    try:
        command = asked(_about(request, found, _own(found, sent), sent))
        execute(portal_of(request).app, command)
    except ValidationError as error:
        refused = Refused(*explain_validation(error))
    except Refused as error:
        refused = error
    else:
        return _noted(request, found, command)
    return answer_form(request, token, found, sent=sent, represented=refused)


def _noted(request: Request, found: Invitation, command: GiveProxy | RevokeProxy) -> Response:
    if isinstance(command, RevokeProxy):
        return page(request, "proxy_noted.html.j2", found=found, giver=None, holder=None)
    names = holders_of(portal_of(request).app, found.convention, [command.holder])
    return page(
        request, "proxy_noted.html.j2", found=found, giver=command.giver, holder=f"{names.get(command.holder, '')} ({command.holder})"
    )


def _own(found: Invitation, sent: Filled) -> str:
    """The reader's own seat that gives the proxy: nobody passes on a seat for which they only answer."""
    own = [seat for seat in found.seats if seat not in found.through and seat not in found.by_proxy]
    seat = sent.text("giver")
    if seat not in own:
        raise Refused.because("seat_not_yours", "giver", seat=seat or "-")
    return seat


def _about(request: Request, found: Invitation, giver: str, sent: Filled) -> dict[str, Any]:
    return {
        "convention": found.convention,
        "action": found.number,
        "actor": Actor(seat=giver, via=Via.LINK),
        "occurred_on": day_of(request, found),
        "key": f"{found.key(giver)}:proxy:{sent.text('key') or new_id().hex}",
        "body": found.body,
        "giver": giver,
    }
