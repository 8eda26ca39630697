"""The secretariat's back office: persons and seats, and mails that did not arrive."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from models.errors import NotFound, Problem, Refused
from portal.context import charter_of, language_of, page, portal_of, reasons, seated
from portal.filled import Filled, filled
from services.deliveries import resend
from services.desk import stuck_deliveries
from services.people import import_people, list_people, person_id_of
from services.visitors import revoke_links
from services.work import open_work

router = APIRouter()
Sent = Annotated[Filled, Depends(filled)]


@router.get("/personnes", name="people")
def people(request: Request, fait: str = "") -> Response:
    """Persons with their seats, past and present."""
    return _people(request, done=fait if fait in ("import", "liens") else "")


@router.post("/personnes/apercu", name="preview_people")
def preview(request: Request, sent: Sent) -> Response:
    """Say what a table would change, and change nothing."""
    content = sent.content or sent.text("table").encode()
    try:
        report = import_people(portal_of(request).app.db, content, convention=seated(request).convention, dry_run=True)
    except Refused as refused:
        return _people(request, status=422, problems=reasons(request, refused))
    return page(request, "people_preview.html.j2", report=report, table=content.decode("utf-8-sig"))


@router.post("/personnes", name="import_people")
def keep(request: Request, sent: Sent) -> Response:
    """Import the table that was previewed."""
    content = sent.text("table").encode()
    try:
        import_people(portal_of(request).app.db, content, convention=seated(request).convention)
    except Refused as refused:
        return _people(request, status=422, problems=reasons(request, refused))
    return RedirectResponse("/personnes?fait=import", 303)


@router.post("/personnes/{code}/liens", name="revoke_links")
def revoke(request: Request, code: str, _sent: Sent) -> Response:
    """Make every link that was sent to a person void, and sign them out."""
    app = portal_of(request).app
    revoke_links(app, person_id_of(app, seated(request).convention, code))
    return RedirectResponse("/personnes?fait=liens", 303)


@router.get("/envois", name="deliveries")
def deliveries(request: Request, fait: str = "") -> Response:
    """Mails that did not arrive, or of which nobody knows."""
    with portal_of(request).app.db.read() as connection:
        rows = stuck_deliveries(connection, seated(request).convention)
    return page(request, "deliveries.html.j2", rows=rows, done=fait == "renvoi")


@router.post("/envois/{delivery}", name="resend")
def send_again(request: Request, delivery: str, _sent: Sent) -> Response:
    """Let a mail go out again, because a person decided so."""
    try:
        known = UUID(delivery)
    except ValueError:
        raise NotFound(Problem("delivery_unknown", {"delivery": delivery})) from None
    resend(portal_of(request).app, known)
    return RedirectResponse("/envois?fait=renvoi", 303)


def _people(request: Request, *, status: int = 200, problems: list[str] | None = None, done: str = "") -> Response:
    app, charter, language = portal_of(request).app, charter_of(request), language_of(request)
    with app.db.read() as connection:
        known = list_people(connection, charter.convention.code)
        today = open_work(app, connection, charter.convention.code).today
    names = {entry.code: entry.name.of(language) for entry in (*charter.bodies, *charter.partners)}
    return page(request, "people.html.j2", status=status, people=known, names=names, today=today, problems=problems or [], done=done)
