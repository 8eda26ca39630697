"""The mailbox of the embedded sink, for rehearsals: only where the portal listens on loopback, since its mails let people sign in."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from models.errors import NotFound, Problem
from notifications.mailbox import list_mails, read_mail
from portal.context import page, portal_of
from portal.linked import linked

router = APIRouter()
_NEWEST = 200


@router.get("/courrier", name="mailbox")
def mailbox(request: Request) -> Response:
    """The newest mails."""
    _only_here(request)
    return page(request, "mailbox.html.j2", mails=list_mails(portal_of(request).app.settings.mailbox, _NEWEST))


@router.get("/courrier/{key}", name="mail")
def mail(request: Request, key: str) -> Response:
    """One mail, with the links that lead to this portal."""
    _only_here(request)
    settings = portal_of(request).app.settings
    try:
        found = read_mail(settings.mailbox, key)
    except LookupError:
        raise NotFound(Problem("mail_not_here")) from None
    shown = [(name, value) for name, value in found.headers if name in ("From", "To", "Reply-To", "Subject")]
    return page(request, "mail.html.j2", headers=shown, sent_at=found.sent_at, parts=linked(found.text, settings.base_url))


def _only_here(request: Request) -> None:
    if not request.app.state.mailbox_shown:
        raise NotFound(Problem("page_unknown"))
