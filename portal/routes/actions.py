"""Actions: the list with its filters, and one action in full."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from models.charter import ActionSheet
from models.errors import NotFound, Problem, Refused
from models.lifecycle import State
from models.review.votes import ATTENDING
from portal.acts import offers, told_to
from portal.context import action_at, charter_of, language_of, page, portal_of, reasons, seated, wording
from portal.picture import picture_of
from portal.searching import around, asked_of_actions, names_of
from portal.sheets import sheet_parts
from services.attachments import read as read_content
from services.explanations import word
from services.finding import SORTS, Found, Wanted, find
from services.people import holders_of, people_names
from services.preferences import SNOOZES, muted_by
from services.queries import list_deliveries, silent_days
from services.reckonings import in_words, next_in_words

router = APIRouter()
Text = Annotated[str, Query(max_length=200)]
_MAILS = 200
_PLAIN = {**dict.fromkeys((*range(32), 127, ord("?")), "_"), ord('"'): "'"}
"""What stands for characters that the plain name of a file may not have in a header."""
_SHOWN_INLINE = ("application/pdf", "image/jpeg", "image/png")


@router.get("/actions", name="actions")
def find_actions(request: Request, wanted: Annotated[Wanted, Depends(asked_of_actions)]) -> Response:
    """The actions that match, a page at a time; words that cannot be read are answered with how to write them."""
    app, visitor, language = portal_of(request).app, seated(request), language_of(request)
    found, problems = Found((), 0, 1), []
    try:
        found = find(app, visitor, visitor.convention, wanted, language)
    except Refused as refused:
        problems = reasons(request, refused)
    return page(
        request,
        "actions.html.j2",
        status=422 if problems else 200,
        wanted=wanted,
        found=found,
        problems=problems,
        silent=silent_days(app, visitor.convention),
        names=names_of(charter_of(request), language),
        states=list(State),
        sorts=SORTS,
        **around(request, "actions", wanted.as_query()),
    )


@router.get("/actions/{number}", name="action")
def show(request: Request, number: str, fait: Text = "", suivi: Text = "") -> Response:
    """One action: its sheet, where it stands, what may be asked of it, and all that happened."""
    app, visitor, charter, language = portal_of(request).app, seated(request), charter_of(request), language_of(request)
    action = action_at(request, number, explained=True)
    words = wording(language)
    offered = offers(app, visitor, action["number"])
    sheet = ActionSheet.model_validate(action["sheet"])
    missing = sheet.missing(charter.sheet.required)
    deliveries = list_deliveries(app, convention=visitor.convention, action=action["number"], limit=_MAILS) if visitor.is_secretary else []
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
        told_to=told_to(visitor, action),
        kept_out=lambda out: [f"{seat} ({words.label('cause', cause)})" for seat, cause in out.items()],
        present=lambda attendance: [seat for seat, presence in attendance["seats"].items() if presence in ATTENDING],
        held=lambda seats: [f"{seat} ({holders[seat]})" if seat in holders else seat for seat in seats],
        reckoned=lambda how: in_words(how, words),
        next_reminder=lambda ahead: next_in_words(ahead, words),
        prefect=f"{app.settings.prefect_url}/runs" if visitor.is_secretary else "",
        done=fait if fait in words.labels("verb") else "",
        muted=muted_by(app, visitor.convention, visitor.person_id, action["number"]),
        snoozes=SNOOZES,
        followed=suivi == "oui",
    )


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
    action = action_at(request, number)
    file = next((kept for kept in action["attachments"] if kept["sha256"] == sha256), None)
    if file is None:
        raise NotFound(Problem("content_unknown", {"sha256": sha256}))
    how = "inline" if file["media_type"] in _SHOWN_INLINE else "attachment"
    plain = file["file_name"].encode("ascii", "replace").decode().translate(_PLAIN)
    headers = {"Content-Disposition": f"{how}; filename=\"{plain}\"; filename*=UTF-8''{_quoted(file['file_name'])}"}
    return Response(read_content(app.settings, sha256), media_type=file["media_type"], headers=headers)


def _quoted(name: str) -> str:
    return "".join(chr(byte) if chr(byte).isalnum() and byte < 128 else f"%{byte:02X}" for byte in name.encode())  # noqa: PLR2004  # ASCII
