"""Actions: the list with its filters, and one action in full."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from models.charter import ActionSheet
from models.errors import NotFound, Problem
from models.lifecycle import State
from models.review.votes import ATTENDING
from portal.acts import offers
from portal.context import charter_of, language_of, own_seats, page, portal_of, seated, wording
from portal.picture import picture_of
from portal.sheets import sheet_parts
from services.attachments import read as read_content
from services.explanations import word
from services.finding import SORTS, Wanted, find, page_number
from services.people import holders_of, people_names
from services.queries import list_deliveries, show_action
from services.reckonings import in_words
from services.visitors import Visitor

router = APIRouter()
Text = Annotated[str, Query(max_length=200)]
Page = Annotated[str, Query(max_length=200, alias="page")]
_MAILS = 200
_SHOWN_INLINE = ("application/pdf", "image/jpeg", "image/png")


@router.get("/actions", name="actions")
def find_actions(
    request: Request, words: Text = "", state: Text = "", axis: Text = "", theme: Text = "", sort: Text = "-number", page_: Page = "1"
) -> Response:
    """The actions that match, a page at a time."""
    sort = sort if sort in SORTS else "-number"
    wanted = Wanted(words.strip(), state, axis, theme, sort, page_number(page_))
    charter, language = charter_of(request), language_of(request)
    return page(
        request,
        "actions.html.j2",
        wanted=wanted,
        found=find(portal_of(request).app, seated(request).convention, wanted),
        axes=[(entry.code, entry.name.of(language)) for entry in charter.axes],
        themes=[(entry.code, entry.name.of(language)) for entry in charter.themes],
        states=list(State),
        sorts=SORTS,
    )


@router.get("/actions/{number}", name="action")
def show(request: Request, number: str, fait: Text = "") -> Response:
    """One action: its sheet, where it stands, what may be asked of it, and all that happened."""
    app, visitor, charter, language = portal_of(request).app, seated(request), charter_of(request), language_of(request)
    action = show_action(app, number, convention=visitor.convention, seats=own_seats(request), explained=True)
    words = wording(language)
    offered = offers(app, visitor, action["number"])
    sheet = ActionSheet.model_validate(action["sheet"])
    missing = sheet.missing(charter.sheet.required)
    deliveries = list_deliveries(app, action=action["number"], limit=_MAILS) if visitor.is_secretary else []
    named = [action["lead_person"], *(delivery["person"] for delivery in deliveries)]
    people = dict(people_names(app, visitor.convention, codes=named))
    holders = holders_of(app, visitor.convention, _seats_in(action))
    return page(
        request,
        "action.html.j2",
        action=action,
        parts=sheet_parts(action["sheet"], charter, language, people),
        names={body.code: body.name.of(language) for body in charter.bodies},
        partners={partner.code: partner.name.of(language) for partner in charter.partners},
        people=people,
        picture=picture_of(State(action["state"]), [line["after"] for line in action["timeline"]], words),
        possible=[offer for offer in offered if offer.possible],
        barred=[(offer.verb, [word(words, problem) for problem in offer.unmet]) for offer in offered if not offer.possible],
        missing=[words.labels("field")[name] for name in missing],
        complete=round(100 * (1 - len(missing) / max(len(charter.sheet.required), 1))),
        deliveries=deliveries,
        holders=holders,
        told_to=_told_to(visitor, action),
        kept_out=lambda out: [f"{seat} ({words.label('cause', cause)})" for seat, cause in out.items()],
        present=lambda attendance: [seat for seat, presence in attendance["seats"].items() if presence in ATTENDING],
        held=lambda seats: [f"{seat} ({holders[seat]})" if seat in holders else seat for seat in seats],
        reckoned=lambda how: in_words(how, words),
        prefect=f"{app.settings.prefect_url}/runs" if visitor.is_secretary else "",
        done=fait if fait in words.labels("verb") else "",
    )


def _told_to(visitor: Visitor, action: Mapping[str, Any]) -> set[str]:
    """The seats of whose conflicts of interest a visitor may read more: all for a secretary, their own for others."""
    own = {seat.code for seat in visitor.seats}
    return {row["seat"] for row in action["conflicts"] if visitor.is_secretary or row["seat"] in own}


def _seats_in(action: Mapping[str, Any]) -> set[str]:
    """Every seat that the page of an action names."""
    voting = {seat for review in action["reviews"] for seat in review["electorate"]}
    acting = {seat for line in action["timeline"] for seat in (line["actor"], line["on_behalf_of"])}
    concerned = {row["seat"] for row in action["conflicts"]}
    return {seat for seat in voting | acting | concerned if seat}


@router.get("/actions/{number}/fichier/{sha256}", name="file")
def read_file(request: Request, number: str, sha256: str) -> Response:
    """A file of an action, under its own name; shown by the browser only where that is harmless."""
    app = portal_of(request).app
    action = show_action(app, number, convention=seated(request).convention, seats=own_seats(request))
    file = next((kept for kept in action["attachments"] if kept["sha256"] == sha256), None)
    if file is None:
        raise NotFound(Problem("content_unknown", {"sha256": sha256}))
    how = "inline" if file["media_type"] in _SHOWN_INLINE else "attachment"
    plain = file["file_name"].encode("ascii", "replace").decode().replace('"', "'").replace("?", "_")
    headers = {"Content-Disposition": f"{how}; filename=\"{plain}\"; filename*=UTF-8''{_quoted(file['file_name'])}"}
    return Response(read_content(app.settings, sha256), media_type=file["media_type"], headers=headers)


def _quoted(name: str) -> str:
    return "".join(chr(byte) if chr(byte).isalnum() and byte < 128 else f"%{byte:02X}" for byte in name.encode())  # noqa: PLR2004  # ASCII
