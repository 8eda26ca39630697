"""What programs find across actions: a search, and who has not answered."""

import pytest
from api_http import reasons
from builders import CLERK, provision

from models.lifecycle import Verb
from services.forms import DraftForm

MEMBER, AUTHOR = "COTECH-06", "COTECH-05"


def test_a_search_finds_actions_decisions_and_files_as_the_page_does(program):
    desk = program.desk
    number = desk.to_work(provision(7, title="Université d'hiver des matériaux"))
    desk.execute(Verb.ATTACH, number, file_name="matériaux.pdf", media_type="application/pdf", size=9, sha256="d" * 64)
    told = program.get("/search?words=materiau").json()
    assert {(one["kind"], one["action"]) for one in told["items"]} == {("action", number), ("decision", number), ("file", number)}
    assert (told["total"], told["more"], told["page"], told["pages"], told["waiting"]) == (4, False, 1, 1, 0)
    [file] = program.get("/search?words=materiaux&kind=file").json()["items"]
    assert (file["file_name"], file["number"], file["title"]) == ("matériaux.pdf", number, "Université d'hiver des matériaux")


def test_a_draft_is_found_by_whoever_may_read_it_alone(program):
    number = program.desk.propose(provision(7, title="Une navette fluviale"), form=DraftForm, seat=AUTHOR)
    found = {seat: program.as_holder_of(seat).get("/search?words=navette").json()["items"] for seat in (AUTHOR, MEMBER, CLERK)}
    assert {seat: [one["number"] for one in items] for seat, items in found.items()} == {AUTHOR: [number], MEMBER: [], CLERK: [number]}


@pytest.mark.parametrize(
    ("query", "status", "errors"),
    [
        ("words=%22action", 422, ["search_quote_open"]),
        ("words=le", 422, ["search_no_word"]),
        ("words=action&page=18", 422, ["validation.at_most"]),
        ("kind=person", 422, ["validation.choice"]),
        ("year=26", 422, ["validation.text_malformed"]),
    ],
)
def test_what_cannot_be_looked_for_is_refused_in_words(light_program, query, status, errors):
    answer = light_program.get(f"/search?{query}")
    assert (answer.status_code, reasons(answer)) == (status, errors)


def test_a_secretary_reads_who_has_not_answered(program):
    desk = program.desk
    number = desk.to_technical(provision(1))
    desk.opine(number, "cotech", seats=(MEMBER,))
    bodies = {one["body"]: one for one in program.get("/awaited").json()["items"]}
    [review] = bodies["cotech"]["reviews"]
    assert (set(bodies) > {"cotech"}, bodies["cotech"]["total"], review["number"]) == (True, 1, number)
    assert (MEMBER in review["asked"], MEMBER in review["awaited"], AUTHOR in review["awaited"]) == (True, False, True)
    owing = {one["seat"]: one for one in bodies["cotech"]["members"]}
    assert (owing[AUTHOR]["awaited"], owing[AUTHOR]["first_due"], MEMBER in owing) == (1, review["due_on"], False)
    assert [one["body"] for one in program.get("/awaited?body=cotech").json()["items"]] == ["cotech"]


def test_others_do_not(program):
    program.desk.to_technical()
    answer = program.as_holder_of(MEMBER).get("/awaited")
    assert (answer.status_code, reasons(answer)) == (403, ["secretaries_only"])
    answer = program.get("/awaited?body=copil")
    assert (answer.status_code, reasons(answer)) == (404, ["body_unknown"])
