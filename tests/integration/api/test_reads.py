"""What the API lets programs read: what the pages show, to the same people, a slice at a time."""

import pytest
from api_http import reasons
from benchmarks.lifecycle import statements_of
from builders import CLERK, IN_SECRET, body_of, changed_charter, provision
from secretariat import Secretariat

from models.commands import Via
from models.tables import UNINDEXED
from services.forms import DeclareConflictForm, KeepOpinionForm, OpinionForm
from services.search.index import BEFORE_A_SEARCH

MEMBER, OTHER = "COTECH-06", "COTECH-03"


def under(desk, tmp_path, **rules):
    return desk.under(changed_charter(tmp_path / "charter.yaml", lambda it: body_of(it, "cotech")["rules"].update(rules)))


def numbers(program, path, **headers):
    """Every item of a list by its number, following the links as a program does."""
    found = []
    while path:
        answer = program.get(path, **headers)
        assert answer.status_code == 200, answer.text
        found += [item["number"] for item in answer.json()["items"]]
        link = answer.headers.get("link", "")
        path = link.partition(">")[0].removeprefix("</api/v1") if link else ""
        assert bool(link) == (answer.json()["next"] is not None)
    return found


# --- lists --------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sort", ["number", "-number"])
def test_a_list_is_read_slice_by_slice_without_a_gap_while_actions_come(program, sort):
    desk = program.desk
    made = [desk.propose(provision(2, title=f"Action {place}")) for place in range(7)]
    first = program.get(f"/actions?limit=3&sort={sort}").json()
    desk.propose(provision(2, title="Une de plus"))
    following = numbers(program, f"/actions?limit=3&sort={sort}&after={first['next']}")
    wanted = made if sort == "number" else made[::-1]
    assert [item["number"] for item in first["items"]] + [number for number in following if number in made] == wanted
    assert ("A-2026-008" in following) == (sort == "number")


def test_actions_are_found_by_their_words_state_axis_and_theme(program):
    desk = program.desk
    made = [desk.propose(provision(place)) for place in (1, 2, 7)]
    [title] = [row["title"] for row in program.get("/actions").json()["items"] if row["number"] == made[0]]
    assert numbers(program, f"/actions?words={title[:12]}") == [made[0]]
    assert numbers(program, "/actions?state=submitted&limit=1") == made[::-1]
    assert numbers(program, "/actions?state=closed") == []
    theme = provision(1).themes[0]
    assert made[0] in numbers(program, f"/actions?theme={theme}&axis={provision(1).axis}")


def test_words_find_what_is_filed_under_a_name_in_the_language_of_the_request(light_program):
    filed = light_program.desk.propose(provision(2, title="Des haies", themes=("biodiversite",)))
    assert numbers(light_program, "/actions?words=biodiversity") == []
    assert numbers(light_program, "/actions?words=biodiversity", **{"Accept-Language": "en"}) == [filed]


def test_a_list_says_how_many_changed_actions_words_may_not_find_yet(light_program):
    for path, waiting in (("/actions", 0), ("/actions?words=campus", 50), ("/actions?words=campus", 0)):
        if waiting:
            with light_program.desk.app.db.write() as connection:
                connection.execute(UNINDEXED.insert(), [{"action_id": 1000 + place} for place in range(BEFORE_A_SEARCH + waiting)])
        assert (path, light_program.get(path).json()["waiting"]) == (path, waiting)


def test_decisions_and_meetings_are_read_slice_by_slice(program):
    desk = program.desk
    for place in range(3):
        desk.to_approved(provision(7, title=f"Action {place}"))
    decided = numbers(program, "/decisions?limit=1")
    assert (len(decided), len(set(decided))) == (6, 6)
    assert numbers(program, "/decisions?body=copil&limit=2") == [number for number in decided if number.startswith("COPIL")]
    assert numbers(program, "/decisions?year=2019") == []
    office = Secretariat(desk, "cotech", CLERK)
    planned = [office.plan(days=days, items=("Un point",)) for days in (20, 10, 30, 10)]
    assert numbers(program, "/meetings?limit=1") == [planned[place] for place in (2, 0, 3, 1)]
    assert numbers(program, "/meetings?state=closed") == []
    assert program.get("/meetings?body=cotech").json()["items"][0]["item_count"] == 1


@pytest.mark.parametrize(
    ("path", "status", "errors"),
    [
        ("/actions?limit=0", 422, [("validation.at_least", "limit")]),
        ("/actions?limit=101", 422, [("validation.at_most", "limit")]),
        ("/actions?limit=many", 422, [("validation.whole_number", "limit")]),
        ("/actions?state=gone&sort=title", 422, [("validation.choice", "sort"), ("validation.choice", "state")]),
        ("/actions?page=2", 422, [("validation.unknown_field", "page")]),
        ("/actions?limit=1&limit=2", 422, [("parameter_twice", "limit")]),
        ("/actions?words=%00", 422, [("text_unstorable", "words")]),
        ("/actions?after=nonsense", 422, [("cursor_unknown", "after")]),
        ("/actions?after=%C3%A9", 422, [("cursor_unknown", "after")]),
        ("/actions?after=WzFd", 422, [("cursor_unknown", "after")]),
        ("/actions?after=W10", 422, [("cursor_unknown", "after")]),
        ("/actions?after=e30", 422, [("cursor_unknown", "after")]),
        ("/actions?after=WyJcdWQ4MDAiXQ", 422, [("cursor_unknown", "after")]),
        ("/decisions?after=WyIyMDI2LTEwLTA1IiwtMV0", 422, [("cursor_unknown", "after")]),
        ("/meetings?after=WyIyMDI2LTEwLTA1IiwiXHUwMDAwIiwxXQ", 422, [("cursor_unknown", "after")]),
        ("/decisions?body=nowhere", 404, [("body_unknown", None)]),
        ("/meetings?body=nowhere", 404, [("body_unknown", None)]),
        ("/decisions?year=26", 422, [("validation.text_malformed", "year")]),
        ("/actions/A-2026-009", 404, [("action_unknown", None)]),
        ("/meetings/X-1", 404, [("meeting_unknown", None)]),
        ("/actions/%00", 404, [("resource_unknown", None)]),
        ("/nowhere", 404, [("resource_unknown", None)]),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_parameter_that_is_wrong(program, path, status, errors):
    answer = program.get(path)
    assert (answer.status_code, [(one["code"], one.get("parameter")) for one in answer.json()["errors"]]) == (status, errors)


def test_a_method_that_an_address_does_not_take_is_refused_with_those_that_it_takes(light_program):
    for path, allowed in (("/actions", "GET"), ("/actions/A-1/start", "POST"), ("/actions/propose", "POST"), ("/openapi.json", "GET")):
        answer = light_program.client.delete(f"/api/v1{path}")
        assert (answer.status_code, reasons(answer), answer.headers["allow"]) == (405, ["method_unknown"], allowed)
    creating = light_program.get("/actions/propose")
    assert (creating.status_code, creating.headers["allow"]) == (405, "POST")


def test_a_list_asks_the_database_as_little_for_many_rows_as_for_few(light_program):
    desk = light_program.desk
    desk.propose(provision(2))
    light_program.get("/actions?limit=100")
    with statements_of(desk.app) as few:
        light_program.get("/actions?limit=100")
    for place in range(8):
        desk.propose(provision(2, title=f"Action {place}"))
    with statements_of(desk.app) as many:
        assert len(light_program.get("/actions?limit=100").json()["items"]) == 9
    assert len(many) == len(few)


# --- the same as the pages, to the same people ------------------------------------------------------------------------------------------


def opinions(program, number):
    [review] = [one for one in program.get(f"/actions/{number}").json()["reviews"] if one["body"] == "cotech"]
    [file] = program.get(f"/actions/{number}/reviews?body=cotech").json()["items"]
    said = {row["seat"]: (row["opinion"], row["words"]) for row in file["electorate"] if row["answered"]}
    return [(one["seat"], one["value"], one["words"]) for one in review["opinions"]], said, review["hidden"]


def test_an_opinion_that_is_hidden_from_a_page_is_hidden_from_a_program(program, tmp_path):
    desk = program.desk
    number = under(desk, tmp_path, results="until_voted").to_technical()
    desk.ask(OpinionForm(seat=OTHER, action=number, body="cotech", voter=OTHER, opinion="unfavourable", reason="Trop cher"), via=Via.PORTAL)
    member = program.as_holder_of(MEMBER)
    assert opinions(member, number) == ([], {OTHER: (None, None)}, True)
    events = member.get(f"/actions/{number}/events")
    assert ("unfavourable" in events.text, "Trop cher" in member.get(f"/actions/{number}").text) == (False, False)
    own = {"body": "cotech", "voter": MEMBER, "opinion": "favourable"}
    assert member.post(f"/actions/{number}/record_opinion", own).status_code == 200
    assert (OTHER, "unfavourable", "Trop cher") in opinions(member, number)[0]


def test_a_secret_vote_is_cast_by_a_program_and_told_to_none(light_program, tmp_path):
    desk = light_program.desk
    number = under(desk, tmp_path, **IN_SECRET).to_technical()
    member = light_program.as_holder_of(MEMBER)
    own = {"body": "cotech", "voter": MEMBER, "opinion": "unfavourable"}
    first = member.post(f"/actions/{number}/record_opinion", own, key="secret-0001")
    assert (first.status_code, member.post(f"/actions/{number}/record_opinion", own, key="secret-0001").json()) == (200, first.json())
    for program in (member, light_program):
        assert "unfavourable" not in program.get(f"/actions/{number}").text + program.get(f"/actions/{number}/events").text
        assert program.get(f"/actions/{number}/reviews").json()["items"][0]["result"] is None
    foreign = light_program.post(f"/actions/{number}/record_opinion", {**own, "voter": OTHER})
    assert "secret_vote_own_hand" in reasons(foreign)


def test_why_somebody_keeps_out_is_for_secretaries_and_for_them(program):
    desk = program.desk
    number = desk.to_technical()
    desk.ask(DeclareConflictForm(seat=MEMBER, action=number, kind="family", reason="Un cousin y travaille"))
    told = {
        seat: [(row["seat"], row["kind"], row["words"]) for row in program.as_holder_of(seat).get(f"/actions/{number}").json()["conflicts"]]
        for seat in (CLERK, MEMBER, OTHER)
    }
    open_, kept = [(MEMBER, "family", "Un cousin y travaille")], [(MEMBER, None, None)]
    assert told == {CLERK: open_, MEMBER: open_, OTHER: kept}
    texts = program.as_holder_of(OTHER).get(f"/actions/{number}/events").text
    assert ("cousin" in texts, "family" in texts) == (False, False)


def test_an_action_is_told_in_full_in_the_language_that_is_asked_for(program):
    desk = program.desk
    number = desk.to_technical(provision(1))
    desk.ask(KeepOpinionForm(seat="COPIL-03", action=number, body="copil", voter="COPIL-03", opinion="unfavourable", reason="Trop cher"))
    desk.opine(number, "cotech", seats=(OTHER,))
    french, english = program.get(f"/actions/{number}"), program.get(f"/actions/{number}", Accept_Language="de, en;q=0.8, fr;q=0.2")
    assert (french.headers["content-language"], english.headers["content-language"]) == ("fr", "en")
    told = french.json()
    assert [(one["seat"], one["words"]) for one in told["early"]] == [("COPIL-03", "Trop cher")]
    assert {review["body"] for review in told["reviews"]} >= {"cotech"}
    due = next(one for one in told["deadlines"] if one["kind"] == "review_end")
    other = next(one for one in english.json()["deadlines"] if one["kind"] == "review_end")
    assert (due["due_on"] == other["due_on"], due["reckoned"] == other["reckoned"], bool(due["reckoned"])) == (True, False, True)
    assert french.headers["etag"] == f'"{told["version"]}"'


def test_the_log_is_read_from_where_one_was(program):
    number = program.desk.to_technical()
    lines = program.get(f"/actions/{number}/events?limit=1").json()
    rest = program.get(f"/actions/{number}/events?after={lines['next']}").json()
    assert [line["seq"] for line in lines["items"] + rest["items"]] == [1, 2]
    assert (lines["items"][0]["topic"], rest["next"]) == ("action.proposed", None)


def test_what_may_be_asked_now_is_told_with_the_reasons_against_the_rest(program):
    number = program.desk.to_technical()
    told = {one["verb"]: one for one in program.get(f"/actions/{number}/explain", Accept_Language="en").json()["verbs"]}
    assert (told["close_review"]["possible"], told["close_review"]["to_give"]) == (True, [])
    assert told["complete"]["unmet"][0]["code"] == "state_forbids"
    assert "cannot" in told["complete"]["unmet"][0]["message"]
    asked = program.post(f"/actions/{number}/complete")
    assert reasons(asked) == ["state_forbids"]
    member = {one["verb"]: one for one in program.as_holder_of(OTHER).get(f"/actions/{number}/explain").json()["verbs"]}
    assert (member["record_opinion"]["possible"], member["record_opinion"]["seat"]) == (True, OTHER)


def test_a_member_reads_their_own_deadlines(program):
    number = program.desk.to_technical()
    [due] = program.as_holder_of(MEMBER).get("/deadlines").json()["items"]
    assert (due["action"], due["kind"], due["seats"], due["body"]) == (number, "review_end", [MEMBER], "cotech")
    assert program.get("/deadlines").json() == {"items": []}


def test_the_charter_says_what_codes_stand_for(program):
    told = program.get("/charter", Accept_Language="fr").json()
    assert {body["code"] for body in told["bodies"]} >= {"cotech", "copil"}
    assert told["axes"] == [{"code": axis.code, "name": axis.name.of("fr")} for axis in program.desk.charter().axes]


def test_a_secretary_reads_how_the_installation_stands(program):
    program.desk.propose()
    told = program.get("/status").json()
    assert (told["ready"], told["prefect"], told["actions"], told["reviews_open"]) == (False, False, {"submitted": 1}, 0)
    assert str(program.desk.app.settings.home) not in program.get("/status").text
