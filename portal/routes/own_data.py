"""What is kept about whoever is signed in: how much of what, to take along, and whom to ask for a rectification or an erasure."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from portal.context import charter_of, language_of, page, portal_of, seated, wording
from portal.notice import notice_of
from services.personal_data import PersonalData, personal_data
from services.personal_files import archive, counts_of, file_name

router = APIRouter()
_READS, _SECONDS = 20, 600
"""How often somebody may have everything read out."""
_RIGHTS = ("retention", "rights", "contact")


@router.get("/moi/donnees", name="own_data")
def show(request: Request) -> Response:
    """How much of what is kept, and what may be asked about it."""
    words, charter = wording(language_of(request)), charter_of(request)
    wanted = {words.say(f"portal.privacy.{part}.title") for part in _RIGHTS}
    notice = notice_of(charter, words)
    return page(
        request,
        "own_data.html.j2",
        counts=counts_of(_read(request), words),
        parts=[(title, text) for title, text in notice.parts if title in wanted],
        confirmed=notice.confirmed,
    )


@router.get("/moi/donnees.zip", name="own_data_file")
def take(request: Request) -> Response:
    """Everything, as an archive."""
    data, language = _read(request), language_of(request)
    headers = {"Content-Disposition": f'attachment; filename="{file_name(data, language)}"', "Cache-Control": "private, no-store"}
    return Response(archive(data, language), media_type="application/zip", headers=headers)


def _read(request: Request) -> PersonalData:
    portal, visitor = portal_of(request), seated(request)
    portal.limits.spend("data", str(visitor.person_id), tries=_READS, seconds=_SECONDS)
    return personal_data(portal.app, visitor.code, convention=visitor.convention)
