"""Forms about persons as pages send and show them: carried out once, or shown again with what is wrong."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from models.errors import Conflict, NotFound, Problem, Refused
from portal.context import charter_of, language_of, page, wording
from portal.fields import Field
from portal.filled import Filled
from portal.person_forms import ABSENCE, absence_fields, as_filled
from services.directory import Row, Shown
from services.explanations import word
from services.seating import seen_of

Given = Mapping[str, str]


def given_in(sent: Filled, names: Sequence[str]) -> dict[str, str]:
    """What a form sent, and the state that its page showed."""
    return {name: sent.text(name) for name in (*names, "seen")}


def carry_out(
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


class Sheet(NamedTuple):
    """What a form's page says around its fields: codes of the catalogue, where it leads back to, and the state that it shows."""

    title: str
    send: str
    back: str
    about: str = ""
    lead: str = ""
    seen: str = ""


def form_page(request: Request, sheet: Sheet, fields: Callable[[Mapping[str, str]], list[Field]], refused: Refused | None) -> Response:
    """A form's page; where it was refused, with what is wrong, field by field."""
    words, problems = wording(language_of(request)), refused.problems if refused else ()
    told = {problem.where: word(words, Problem(problem.code, problem.params)) for problem in problems if problem.where}
    shown = fields(told)
    status = 200 if refused is None else 409 if isinstance(refused, Conflict) else 422
    said = [word(words, Problem(problem.code, problem.params)) for problem in problems]
    return page(request, "people_form.html.j2", status=status, sheet=sheet, fields=shown, problems=said)


def seen_in(row: Row, given: Given | None) -> str:
    """The state that a page shows; one that is shown again with what was sent still rests on the state it was filled in upon."""
    return given["seen"] if given else seen_of({name: value for name, value in row.items() if name != "deputy"})


def one_of(rows: Sequence[Row], column: str, value: Any, unknown: Problem) -> Row:
    """The row of this value. Raises NotFound where there is none."""
    found = next((row for row in rows if str(row[column]).upper() == str(value).upper()), None)
    if found is None:
        raise NotFound(unknown)
    return found


class AbsencePage(NamedTuple):
    """Where the form of an absence stands: whose it is, where it leads back to and what that is called, and what it says first."""

    shown: Shown
    back: str
    about: str
    lead: str = "absence_lead"


def absence_form(
    request: Request, where: AbsencePage, absence: int | None, given: Given | None, refused: Refused | None = None
) -> Response:
    """A form to say when somebody is away, or to correct it: of an absence that has begun, only the last day."""
    words, shown = wording(language_of(request)), where.shown
    bodies = {body.code: body.name.of(words.language) for body in charter_of(request).bodies}
    names: tuple[str, ...] = ABSENCE
    if absence is None:
        sheet = Sheet("add_absence", "add", where.back, where.about, where.lead)
        stored = {**dict.fromkeys(ABSENCE, ""), "starts_on": shown.today.isoformat()}
    else:
        row = one_of(shown.absences, "id", absence, Problem("people.absence_unknown"))
        begun = shown.phase(row) != "to_come"
        sheet = Sheet("edit_absence", "save", where.back, where.about, "begun_absence" if begun else where.lead, seen_in(row, given))
        names = ("ends_on",) if begun else ABSENCE
        stored = as_filled({**row, "deputy": row["deputy"]["code"] if row["deputy"] else ""}, names)
    values = {name: text for name, text in (given or stored).items() if name in names}
    return form_page(request, sheet, lambda told: absence_fields(shown.deputies, bodies, words, values, told), refused)
