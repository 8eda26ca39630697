"""Who is told of what."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from portal.context import page, portal_of, seated
from services.recipients_table import recipients_table

router = APIRouter()


@router.get("/destinataires", name="recipients")
def show(request: Request) -> Response:
    """The table of recipients by the charter in force."""
    with portal_of(request).app.db.read() as connection:
        rows = recipients_table(connection, seated(request).convention)
    own = next((row for row in rows if row.loaded_at is not None), None)
    return page(request, "recipients.html.j2", rows=rows, own=own)
