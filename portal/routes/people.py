"""Persons, their seats and absences: found, added, changed one by one or by a table."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse, Response

from models.errors import Conflict, NotFound, Problem, Refused
from portal.context import charter_of, language_of, page, portal_of, reasons, seated, wording
from portal.fields import Field
from portal.filled import Filled, filled
from portal.person_forms import ABSENCE, PERSON, SEAT, absence_fields, as_filled, person_fields, seat_fields
from services.absences import change_absence, note_absence, take_back_absence
from services.directory import Row, Searched, Shown, find_people, show_person
from services.explanations import word
from services.finding import page_number
from services.people import export_people, import_people, person_id_of
from services.seating import change_person, change_seat, create_person, create_seat, seen_of
from services.suppression import unsuppress
from services.visitors import revoke_links

router = APIRouter()
Sent = Annotated[Filled, Depends(filled)]
Text = Annotated[str, Query(max_length=200)]
Given = Mapping[str, str]
_DONE = ("personne", "siege", "absence", "retrait", "liens", "adresse", "import")


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
        report = import_people(portal_of(request).app.db, content, convention=seated(request).convention, dry_run=True)
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
    return _carry_out(
        _given(sent, PERSON),
        lambda given: create_person(portal_of(request).app, seated(request).convention, given),
        lambda given, refused: _person_form(request, None, given, refused),
        lambda code: f"/personnes/{code}?fait=personne",
    )


@router.get("/personnes/{code}", name="person")
def person(request: Request, code: str, fait: Text = "") -> Response:
    """One person: who they are, their seats and absences."""
    charter, language = charter_of(request), language_of(request)
    names = {entry.code: entry.name.of(language) for entry in (*charter.bodies, *charter.partners)}
    return page(request, "people_one.html.j2", shown=_shown(request, code), names=names, done=fait if fait in _DONE else "")


@router.get("/personnes/{code}/fiche", name="edit_person")
def edit_person(request: Request, code: str) -> Response:
    """A form to change who somebody is."""
    return _person_form(request, code, None)


@router.post("/personnes/{code}/fiche", name="save_person")
def save_person(request: Request, code: str, sent: Sent) -> Response:
    """Change a person."""
    return _carry_out(
        _given(sent, PERSON[1:]),
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
    return _carry_out(
        _given(sent, SEAT),
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
    return _carry_out(
        _given(sent, SEAT),
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
    return _carry_out(
        _given(sent, ABSENCE),
        lambda given: note_absence(portal_of(request).app, seated(request).convention, code, given),
        lambda given, refused: _absence_form(request, code, None, given, refused),
        lambda _: f"/personnes/{code}?fait=absence",
    )


@router.get("/personnes/{code}/absence/{absence}", name="edit_absence")
def edit_absence(request: Request, code: str, absence: int) -> Response:
    """A form to correct an absence, or to change its last day once it has begun."""
    return _absence_form(request, code, absence, None)


@router.post("/personnes/{code}/absence/{absence}", name="save_absence")
def save_absence(request: Request, code: str, absence: int, sent: Sent) -> Response:
    """Correct an absence."""
    return _carry_out(
        _given(sent, ABSENCE),
        lambda given: change_absence(portal_of(request).app, seated(request).convention, code, absence, given, given["seen"]),
        lambda given, refused: _absence_form(request, code, absence, given, refused),
        lambda _: f"/personnes/{code}?fait=absence",
    )


@router.post("/personnes/{code}/absence/{absence}/retrait", name="take_back_absence")
def take_back(request: Request, code: str, absence: int, _sent: Sent) -> Response:
    """Take back an absence that has not begun."""
    take_back_absence(portal_of(request).app, seated(request).convention, code, absence)
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


def _given(sent: Filled, names: Sequence[str]) -> dict[str, str]:
    """What a form sent, and the state that its page showed."""
    return {name: sent.text(name) for name in (*names, "seen")}


def _carry_out(
    given: Given, command: Callable[[Given], Any], again: Callable[[Given | None, Refused], Response], where: Callable[[Any], str]
) -> Response:
    """Do what a form asks and lead on; refused, show it again as it was sent, or as things stand now if they changed meanwhile."""
    try:
        done = command(given)
    except NotFound:
        raise
    except Conflict as refused:
        return again(None, refused)
    except Refused as refused:
        return again(given, refused)
    return RedirectResponse(where(done), 303)


class _Sheet(NamedTuple):
    """What a form's page says around its fields: codes of the catalogue, where it leads back to, and the state that it shows."""

    title: str
    send: str
    back: str
    about: str = ""
    lead: str = ""
    seen: str = ""


def _form(request: Request, sheet: _Sheet, fields: Callable[[Mapping[str, str]], list[Field]], refused: Refused | None) -> Response:
    words, problems = wording(language_of(request)), refused.problems if refused else ()
    told = {problem.where: word(words, Problem(problem.code, problem.params)) for problem in problems if problem.where}
    shown = fields(told)
    status = 200 if refused is None else 409 if isinstance(refused, Conflict) else 422
    said = [word(words, Problem(problem.code, problem.params)) for problem in problems]
    return page(request, "people_form.html.j2", status=status, sheet=sheet, fields=shown, problems=said)


def _person_form(request: Request, code: str | None, given: Given | None, refused: Refused | None = None) -> Response:
    charter, words = charter_of(request), wording(language_of(request))
    if code is None:
        sheet = _Sheet("add_person", "add", "/personnes")
        values: Given = given or {"person": "", "language": language_of(request)}
    else:
        row = _shown(request, code).row
        sheet = _Sheet("edit_person", "save", f"/personnes/{code}", row["name"], "address_warning", _seen(row, given))
        values = given or as_filled(row, PERSON[1:])
    return _form(request, sheet, lambda told: person_fields(charter, words, values, told), refused)


def _seat_form(request: Request, code: str, seat: str | None, given: Given | None, refused: Refused | None = None) -> Response:
    charter, words, shown = charter_of(request), wording(language_of(request)), _shown(request, code)
    back, name = f"/personnes/{code}", shown.row["name"]
    if seat is None:
        sheet = _Sheet("add_seat", "add", back, name)
        values: Given = given or {**dict.fromkeys(SEAT, ""), "weight": "1", "starts_on": shown.today.isoformat()}
        return _form(request, sheet, lambda told: seat_fields(charter, words, values, told), refused)
    row = _one_of(shown.seats, "code", seat, Problem("seat_unknown", {"seat": seat, "near": "-"}))
    begun = shown.phase(row) != "to_come"
    about = f"{row['code']} · {name}"
    title, lead = ("end_seat", "begun_seat") if begun else ("edit_seat", "")
    sheet = _Sheet(title, "save", back, about, lead, _seen(row, given))
    names = ("ends_on",) if begun else SEAT[1:]
    values = {name: text for name, text in (given or as_filled(row, names)).items() if name in names}
    return _form(request, sheet, lambda told: seat_fields(charter, words, values, told), refused)


def _absence_form(request: Request, code: str, absence: int | None, given: Given | None, refused: Refused | None = None) -> Response:
    charter, words, shown = charter_of(request), wording(language_of(request)), _shown(request, code)
    bodies = {body.code: body.name.of(words.language) for body in charter.bodies}
    back, name = f"/personnes/{code}", shown.row["name"]
    names: tuple[str, ...] = ABSENCE
    if absence is None:
        sheet = _Sheet("add_absence", "add", back, name, "absence_lead")
        stored = {**dict.fromkeys(ABSENCE, ""), "starts_on": shown.today.isoformat()}
    else:
        row = _one_of(shown.absences, "id", absence, Problem("people.absence_unknown"))
        begun = shown.phase(row) != "to_come"
        sheet = _Sheet("edit_absence", "save", back, name, "begun_absence" if begun else "absence_lead", _seen(row, given))
        names = ("ends_on",) if begun else ABSENCE
        stored = as_filled({**row, "deputy": row["deputy"]["code"] if row["deputy"] else ""}, names)
    values = {name: text for name, text in (given or stored).items() if name in names}
    return _form(request, sheet, lambda told: absence_fields(shown.deputies, bodies, words, values, told), refused)


def _seen(row: Row, given: Given | None) -> str:
    """The state that a page shows; one that is shown again with what was sent still rests on the state it was filled in upon."""
    return given["seen"] if given else seen_of({name: value for name, value in row.items() if name != "deputy"})


def _one_of(rows: Sequence[Row], column: str, value: Any, unknown: Problem) -> Row:
    found = next((row for row in rows if str(row[column]).upper() == str(value).upper()), None)
    if found is None:
        raise NotFound(unknown)
    return found
