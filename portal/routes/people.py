"""Persons, their seats and absences: found, added, changed one by one or by a table."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse, Response

from models.errors import Problem, Refused
from portal.context import acting_seat, charter_of, language_of, page, portal_of, reasons, seated, wording
from portal.filled import Filled, RowId, filled
from portal.person_forms import ABSENCE, PERSON, SEAT, as_filled, person_fields, seat_fields
from portal.sent_forms import AbsencePage, Given, Sheet, absence_form, carry_out, form_page, given_in, one_of, seen_in
from services.absences import change_absence, note_absence, take_back_absence
from services.accounts import accounts_of
from services.directory import Searched, Shown, find_people, show_person
from services.list_query import page_number
from services.people import export_people, import_people, person_id_of
from services.seating import change_person, change_seat, create_person, create_seat
from services.suppression import unsuppress
from services.visitors import revoke_links

router = APIRouter()
Sent = Annotated[Filled, Depends(filled)]
Text = Annotated[str, Query(max_length=200)]
_DONE = ("personne", "siege", "absence", "retrait", "liens", "adresse", "compte", "import")


@router.get("/personnes", name="people")
def people(
    request: Request, words: Text = "", body: Text = "", page_: Annotated[Text, Query(alias="page")] = "1", fait: Text = ""
) -> Response:
    """Persons with the seats of now and later, a page at a time."""
    return _people(request, Searched(words.strip(), body, page_number(page_)), done=fait)


@router.get("/personnes.csv", name="export_people")
def export(request: Request) -> Response:
    """Everybody as the table that can be imported again."""
    with portal_of(request).app.db.read() as connection:
        table = export_people(connection, seated(request).convention)
    headers = {"Content-Disposition": 'attachment; filename="personnes.csv"'}
    return Response(f"\ufeff{table}".encode(), media_type="text/csv; charset=utf-8", headers=headers)


@router.post("/personnes/apercu", name="preview_people")
def preview(request: Request, sent: Sent) -> Response:
    """Say what a table would change, and change nothing."""
    content = sent.content or sent.text("table").encode()
    try:
        app = portal_of(request).app
        report = import_people(app.db, content, convention=seated(request).convention, dry_run=True, at=app.clock.wall())
    except Refused as refused:
        return _people(request, Searched(), problems=reasons(request, refused))
    return page(request, "people_preview.html.j2", report=report, table=content.decode("utf-8-sig"))


@router.post("/personnes", name="import_people")
def keep(request: Request, sent: Sent) -> Response:
    """Import the table that was previewed."""
    app, content = portal_of(request).app, sent.text("table").encode()
    try:
        import_people(app.db, content, convention=seated(request).convention, at=app.clock.wall())
    except Refused as refused:
        return _people(request, Searched(), problems=reasons(request, refused))
    return RedirectResponse("/personnes?fait=import", 303)


@router.get("/nouvelle-personne", name="new_person")
def new_person(request: Request) -> Response:
    """A form for a person who is not known yet."""
    return _person_form(request, None, None)


@router.post("/nouvelle-personne", name="create_person")
def add_person(request: Request, sent: Sent) -> Response:
    """Add a person."""
    return carry_out(
        given_in(sent, PERSON),
        lambda given: create_person(portal_of(request).app, seated(request).convention, given),
        lambda given, refused: _person_form(request, None, given, refused),
        lambda code: f"/personnes/{code}?fait=personne",
    )


@router.get("/personnes/{code}", name="person")
def person(request: Request, code: str, fait: Text = "") -> Response:
    """One person: who they are, their seats and absences."""
    charter, language = charter_of(request), language_of(request)
    names = {entry.code: entry.name.of(language) for entry in (*charter.bodies, *charter.partners)}
    shown = _shown(request, code)
    accounts = accounts_of(portal_of(request).app, shown.row["id"])
    return page(request, "people_one.html.j2", shown=shown, accounts=accounts, names=names, done=fait if fait in _DONE else "")


@router.get("/personnes/{code}/fiche", name="edit_person")
def edit_person(request: Request, code: str) -> Response:
    """A form to change who somebody is."""
    return _person_form(request, code, None)


@router.post("/personnes/{code}/fiche", name="save_person")
def save_person(request: Request, code: str, sent: Sent) -> Response:
    """Change a person."""
    return carry_out(
        given_in(sent, PERSON[1:]),
        lambda given: change_person(portal_of(request).app, seated(request).convention, code, given, given["seen"]),
        lambda given, refused: _person_form(request, code, given, refused),
        lambda _: f"/personnes/{code}?fait=personne",
    )


@router.get("/personnes/{code}/siege", name="new_seat")
def new_seat(request: Request, code: str) -> Response:
    """A form for a seat that somebody is given."""
    return _seat_form(request, code, None, None)


@router.post("/personnes/{code}/siege", name="create_seat")
def add_seat(request: Request, code: str, sent: Sent) -> Response:
    """Give somebody a seat."""
    return carry_out(
        given_in(sent, SEAT),
        lambda given: create_seat(portal_of(request).app, seated(request).convention, code, given),
        lambda given, refused: _seat_form(request, code, None, given, refused),
        lambda _: f"/personnes/{code}?fait=siege",
    )


@router.get("/personnes/{code}/siege/{seat}", name="edit_seat")
def edit_seat(request: Request, code: str, seat: str) -> Response:
    """A form to end a seat, or to correct one that has not begun."""
    return _seat_form(request, code, seat, None)


@router.post("/personnes/{code}/siege/{seat}", name="save_seat")
def save_seat(request: Request, code: str, seat: str, sent: Sent) -> Response:
    """End or correct a seat."""
    return carry_out(
        given_in(sent, SEAT),
        lambda given: change_seat(portal_of(request).app, seated(request).convention, code, seat, given, given["seen"]),
        lambda given, refused: _seat_form(request, code, seat, given, refused),
        lambda _: f"/personnes/{code}?fait=siege",
    )


@router.get("/personnes/{code}/absence", name="new_absence")
def new_absence(request: Request, code: str) -> Response:
    """A form to say when somebody is away, and who answers meanwhile."""
    return _absence_form(request, code, None, None)


@router.post("/personnes/{code}/absence", name="create_absence")
def add_absence(request: Request, code: str, sent: Sent) -> Response:
    """Note an absence."""
    return carry_out(
        given_in(sent, ABSENCE),
        lambda given: note_absence(portal_of(request).app, seated(request).convention, code, given, by=acting_seat(request)),
        lambda given, refused: _absence_form(request, code, None, given, refused),
        lambda _: f"/personnes/{code}?fait=absence",
    )


@router.get("/personnes/{code}/absence/{absence}", name="edit_absence")
def edit_absence(request: Request, code: str, absence: RowId) -> Response:
    """A form to correct an absence, or to change its last day once it has begun."""
    return _absence_form(request, code, absence, None)


@router.post("/personnes/{code}/absence/{absence}", name="save_absence")
def save_absence(request: Request, code: str, absence: RowId, sent: Sent) -> Response:
    """Correct an absence."""
    return carry_out(
        given_in(sent, ABSENCE),
        lambda given: change_absence(
            portal_of(request).app, seated(request).convention, code, absence, given, given["seen"], by=acting_seat(request)
        ),
        lambda given, refused: _absence_form(request, code, absence, given, refused),
        lambda _: f"/personnes/{code}?fait=absence",
    )


@router.post("/personnes/{code}/absence/{absence}/retrait", name="take_back_absence")
def take_back(request: Request, code: str, absence: RowId, _sent: Sent) -> Response:
    """Take back an absence that has not begun."""
    take_back_absence(portal_of(request).app, seated(request).convention, code, absence, by=acting_seat(request))
    return RedirectResponse(f"/personnes/{code}?fait=retrait", 303)


@router.post("/personnes/{code}/liens", name="revoke_links")
def revoke(request: Request, code: str, _sent: Sent) -> Response:
    """Make every link that was sent to a person void, and sign them out."""
    app = portal_of(request).app
    revoke_links(app, person_id_of(app, seated(request).convention, code))
    return RedirectResponse(f"/personnes/{code}?fait=liens", 303)


@router.post("/personnes/{code}/adresse", name="unsuppress")
def send_there_again(request: Request, code: str, _sent: Sent) -> Response:
    """Send again to an address that the mail server had refused."""
    unsuppress(portal_of(request).app, seated(request).convention, code)
    return RedirectResponse(f"/personnes/{code}?fait=adresse", 303)


def _people(request: Request, searched: Searched, *, problems: Sequence[str] = (), done: str = "") -> Response:
    charter, language = charter_of(request), language_of(request)
    return page(
        request,
        "people.html.j2",
        status=422 if problems else 200,
        searched=searched,
        found=find_people(portal_of(request).app, charter.convention.code, searched),
        bodies=[(body.code, body.name.of(language)) for body in charter.bodies],
        names={body.code: body.name.of(language) for body in charter.bodies},
        problems=problems,
        done=done if done in _DONE else "",
    )


def _shown(request: Request, code: str) -> Shown:
    return show_person(portal_of(request).app, seated(request).convention, code)


def _person_form(request: Request, code: str | None, given: Given | None, refused: Refused | None = None) -> Response:
    charter, words = charter_of(request), wording(language_of(request))
    if code is None:
        sheet = Sheet("add_person", "add", "/personnes")
        values: Given = given or {"person": "", "language": language_of(request)}
    else:
        row = _shown(request, code).row
        sheet = Sheet("edit_person", "save", f"/personnes/{code}", row["name"], "address_warning", seen_in(row, given))
        values = given or as_filled(row, PERSON[1:])
    return form_page(request, sheet, lambda told: person_fields(charter, words, values, told), refused)


def _seat_form(request: Request, code: str, seat: str | None, given: Given | None, refused: Refused | None = None) -> Response:
    charter, words, shown = charter_of(request), wording(language_of(request)), _shown(request, code)
    back, name = f"/personnes/{code}", shown.row["name"]
    if seat is None:
        sheet = Sheet("add_seat", "add", back, name)
        values: Given = given or {**dict.fromkeys(SEAT, ""), "weight": "1", "starts_on": shown.today.isoformat()}
        return form_page(request, sheet, lambda told: seat_fields(charter, words, values, told), refused)
    row = one_of(shown.seats, "code", seat, Problem("seat_unknown", {"seat": seat, "near": "-"}))
    begun = shown.phase(row) != "to_come"
    about = f"{row['code']} · {name}"
    title, lead = ("end_seat", "begun_seat") if begun else ("edit_seat", "")
    sheet = Sheet(title, "save", back, about, lead, seen_in(row, given))
    names = ("ends_on",) if begun else SEAT[1:]
    values = {name: text for name, text in (given or as_filled(row, names)).items() if name in names}
    return form_page(request, sheet, lambda told: seat_fields(charter, words, values, told), refused)


def _absence_form(request: Request, code: str, absence: int | None, given: Given | None, refused: Refused | None = None) -> Response:
    shown = _shown(request, code)
    return absence_form(request, AbsencePage(shown, f"/personnes/{code}", shown.row["name"]), absence, given, refused)
