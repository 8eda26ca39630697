"""Commands by the API: once however often they are repeated, on the version that was seen, and taken to the letter."""

import json

import pytest
from api_http import reasons
from builders import CLERK, STEERING_CLERK, provision
from secretariat import Secretariat

from models.lifecycle import State
from models.tables import Action, Decision, Meeting
from portal.api.reading import DEEPEST, LONGEST
from services.forms import DraftForm

TITLE = {"title": "Une navette entre les campus"}
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def pointers(answer):
    return {(error["code"], error.get("pointer")) for error in answer.json()["errors"]}


# --- once ---------------------------------------------------------------------------------------------------------------------------


def test_an_action_is_created_once_however_often_it_is_asked_for(program):
    first = program.post("/actions/propose", TITLE, key="navette-0001")
    again = program.post("/actions/propose", TITLE, key="navette-0001")
    assert (first.status_code, first.headers["location"], first.headers["etag"]) == (201, "/api/v1/actions/A-2026-001", '"1"')
    assert (again.status_code, again.content, again.headers["etag"]) == (201, first.content, '"1"')
    assert ("idempotency-replayed" in first.headers, again.headers["idempotency-replayed"]) == (False, "true")
    assert len(program.desk.rows(Action)) == 1
    assert program.get(first.headers["location"].removeprefix("/api/v1")).json()["title"] == TITLE["title"]


def test_a_key_serves_one_request_only_and_each_person_has_their_own(program):
    program.post("/actions/propose", TITLE, key="navette-0001")
    other = program.post("/actions/propose", {"title": "Autre chose"}, key="navette-0001")
    assert (other.status_code, reasons(other), "« navette-0001 »" in other.json()["detail"].replace("\u00a0", " ")) == (
        409,
        ["key_reused"],
        True,
    )
    assert program.as_holder_of(STEERING_CLERK).post("/actions/propose", TITLE, key="navette-0001").json()["number"] == "A-2026-002"


@pytest.mark.parametrize(
    ("key", "code"), [("", "key_missing"), ("court", "key_wrong"), ("x" * 101, "key_wrong"), ("a\tb-and-more", "key_wrong")]
)
def test_a_command_without_a_good_key_is_refused(light_program, key, code):
    answer = light_program.post("/actions/propose", TITLE, key=key)
    assert (answer.status_code, reasons(answer), answer.json()["errors"][0]["header"]) == (400, [code], "Idempotency-Key")
    assert light_program.desk.rows(Action) == []


def test_a_repeated_command_is_answered_though_the_version_moved_on(light_program):
    number = light_program.desk.propose(form=DraftForm)
    path, given, seen = f"/actions/{number}/amend", {"description": "Autrement"}, light_program.get(f"/actions/{number}").headers["etag"]
    first = light_program.post(path, given, key="amend-0001", If_Match=seen)
    again = light_program.post(path, given, key="amend-0001", If_Match=seen)
    assert (first.status_code, again.status_code, again.json()) == (200, 200, first.json())


# --- on the version that was seen ---------------------------------------------------------------------------------------------------


def test_a_stale_version_is_refused_and_a_weakened_tag_of_the_present_one_is_not(program):
    number = program.desk.propose(form=DraftForm)
    path = f"/actions/{number}/amend"
    stale = program.post(path, {"description": "Autrement"}, If_Match='"7"')
    assert (stale.status_code, reasons(stale)) == (412, ["version_stale"])
    done = program.post(path, {"description": "Autrement"}, If_Match='W/"1"')
    assert (done.status_code, done.headers["etag"], done.json()["version"]) == (200, '"2"', 2)
    assert program.post(path, {"description": "Encore"}, If_Match="*").headers["etag"] == '"3"'


@pytest.mark.parametrize("tag", ["7", '"x"', '"7", "8"', '""', '"-1"', f'"{"9" * 30}"'])
def test_a_tag_that_names_no_version_is_refused(light_program, tag):
    answer = light_program.post(f"/actions/{light_program.desk.propose()}/withdraw", {"reason": "Doublon"}, If_Match=tag)
    assert (answer.status_code, reasons(answer), answer.json()["errors"][0]["header"]) == (400, ["version_tag_wrong"], "If-Match")


# --- to the letter ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 400, "json_unreadable"),
        (b"{", 400, "json_unreadable"),
        (b'{"title": NaN}', 400, "json_unreadable"),
        (b'\xef\xbb\xbf{"title": "a"}', 400, "json_unreadable"),
        (b'{"title": "\xff"}', 400, "json_unreadable"),
        (b'{"percent": ' + b"1" * 5000 + b"}", 400, "json_unreadable"),
        (b'{"title": "a", "title": "b"}', 400, "json_key_twice"),
        (b"{" + b",".join(b'"%d":1' % name for name in range(80_000)) + b',"79999":1}', 400, "json_key_twice"),
        (b"[" * 100_000, 400, "json_too_deep"),
        (b'{"milestones": ' + b"[" * DEEPEST + b"]" * DEEPEST + b"}", 400, "json_too_deep"),
        (b'["title"]', 422, "json_not_fields"),
        (b'{"title": "a\\u0000b"}', 422, "text_unstorable"),
        (b'{"title": "\\ud800"}', 422, "text_unstorable"),
        (b'{"\\u0000": 1}', 422, "text_unstorable"),
        (b'{"title": "' + b"a" * LONGEST + b'"}', 413, "body_too_long"),
    ],
)
def test_a_body_that_is_not_what_was_promised_is_refused(light_program, content, status, code):
    answer = light_program.post("/actions/propose", content=content)
    assert (answer.status_code, reasons(answer)) == (status, [code])


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "application/json-patch+json"])
def test_a_body_of_another_kind_is_refused(light_program, kind):
    answer = light_program.post("/actions/propose", TITLE, Content_Type=kind)
    assert (answer.status_code, reasons(answer)) == (415, ["media_type_wrong"])
    assert light_program.post("/actions/propose", TITLE, Content_Type="application/json; charset=utf-8").status_code == 201


def test_every_field_that_is_wrong_is_named_by_its_place(light_program):
    wrong = {
        "title": " ",
        "axis": 3,
        "themes": ["energie", None, 4],
        "starts_on": "2026-02-30",
        "ends_on": "1700000000",
        "budget_euros": True,
        "report_every_months": "3",
        "milestones": [{"title": "Ouverture"}, "nothing"],
        "seat": CLERK,
    }
    answer = light_program.post("/actions/propose", wrong)
    assert answer.status_code == 422
    assert pointers(answer) == {
        ("validation.empty", "/title"),
        ("validation.text", "/axis"),
        ("validation.empty", "/themes/1"),
        ("validation.text", "/themes/2"),
        ("validation.date", "/starts_on"),
        ("validation.date", "/ends_on"),
        ("validation.number", "/budget_euros"),
        ("validation.whole_number", "/report_every_months"),
        ("validation.missing", "/milestones/0/due_on"),
        ("validation.fields", "/milestones/1"),
    }


def test_fields_that_the_address_or_a_header_says_are_no_fields_of_the_body(light_program):
    number = light_program.desk.propose()
    given = {"action": "A-2026-009", "convention": "other", "seen_version": 1, "outcome": "approve", "nonsense": 1}
    answer = light_program.post(f"/actions/{number}/approve", {**given, "body": "copil"})
    assert pointers(answer) == {("validation.unknown_field", f"/{name}") for name in given}


def test_conditions_of_the_rules_name_the_field_that_meets_them(light_program):
    number = light_program.desk.to_technical()
    answer = light_program.post(f"/actions/{number}/extend_review", {"body": "cotech", "until": "2026-10-06"})
    assert answer.status_code == 422
    assert pointers(answer) == {("extension_too_short", "/until"), ("reason_missing", "/reason")}
    unknown = light_program.post("/actions/propose", {**TITLE, "axis": "nulle-part"})
    assert reasons(unknown) == ["charter.unknown_code"]


# --- through one's own seats ----------------------------------------------------------------------------------------------------------


def test_nobody_acts_through_the_seat_of_another(light_program):
    number = light_program.desk.propose()
    answer = light_program.post(f"/actions/{number}/withdraw", {"seat": "COPIL-02", "reason": "Doublon"})
    assert (answer.status_code, pointers(answer)) == (403, {("seat_not_yours", "/seat")})
    named = light_program.post(f"/actions/{number}/withdraw", {"seat": CLERK.lower(), "reason": "Doublon"})
    assert (named.status_code, light_program.desk.events(number)[-1].actor) == (200, CLERK)
    assert reasons(light_program.post("/actions/propose", {**TITLE, "seat": 3})) == ["validation.text"]


def test_whoever_holds_several_seats_says_which(light_program):
    desk = light_program.desk
    with desk.app.db.write() as connection:
        connection.exec_driver_sql(
            "UPDATE seat SET person_id = (SELECT person_id FROM seat WHERE code = 'COTECH-02') WHERE code = 'COPIL-02'"
        )
    number = desk.propose()
    answer = light_program.post(f"/actions/{number}/withdraw", {"reason": "Doublon"})
    assert (answer.status_code, pointers(answer), "COPIL-02, COTECH-02" in answer.json()["detail"]) == (
        422,
        {("seat_needed", "/seat")},
        True,
    )


def test_what_a_seat_may_not_ask_is_said(light_program):
    number = light_program.desk.propose()
    answer = light_program.as_holder_of("COTECH-06").post(f"/actions/{number}/return", {"reason": "Incomplet"})
    assert (answer.status_code, reasons(answer)) == (403, ["not_allowed"])


# --- every kind of command ------------------------------------------------------------------------------------------------------------


def test_a_proposal_lives_from_draft_to_decision_by_the_api_alone(program):
    desk, sheet = program.desk, provision(7)
    steering = program.as_holder_of(STEERING_CLERK)
    filled = json.loads(sheet.model_dump_json(exclude_none=True))
    number = program.post("/actions/draft", filled).json()["number"]
    path = f"/actions/{number}"

    def done(answer):
        assert answer.status_code == 200, answer.text
        desk.settle()
        return answer.json()["state"]

    assert done(program.post(f"{path}/submit")) == State.SUBMITTED
    assert desk.state(number) == State.TECHNICAL_REVIEW
    for seat in desk.voting("cotech"):
        done(program.as_holder_of(seat).post(f"{path}/record_opinion", {"body": "cotech", "voter": seat, "opinion": "favourable"}))
    assert desk.state(number) == State.STEERING_REVIEW
    for seat in desk.voting("copil"):
        done(steering.post(f"{path}/record_opinion", {"body": "copil", "voter": seat, "opinion": "favourable", "reason": "En séance"}))
    if desk.state(number) == State.STEERING_REVIEW:
        done(steering.post(f"{path}/approve", {"body": "copil", "reference": "CR 12", "reason": "Adoptée"}))
    assert desk.state(number) in (State.APPROVED, State.IN_PROGRESS)
    assert {event.via for event in desk.events(number)} == {"api", "flow"}


def test_a_proposal_is_given_back_by_a_secretary_or_by_the_body_that_examines_it(light_program):
    desk = light_program.desk
    examined, early = desk.to_steering(), desk.propose()
    first = light_program.post(f"/actions/{early}/return", {"reason": "À compléter"})
    assert first.json().get("state") == State.RETURNED, first.text
    steering, path = light_program.as_holder_of(STEERING_CLERK), f"/actions/{examined}"
    given = {"body": "copil", "reason": "À revoir", "reference": "CR 3"}
    assert reasons(steering.post(f"{path}/return", given)) == ["review_still_open"]
    assert steering.post(f"{path}/close_review", {"body": "copil", "reason": "Séance tenue"}).status_code == 200
    assert steering.post(f"{path}/return", given).json()["state"] == State.RETURNED
    assert desk.rows(Decision)[-1].reference == "CR 3"


def test_the_committee_of_a_review_follows_its_verb(light_program):
    number = light_program.desk.propose(provision(7))
    answer = light_program.post(f"/actions/{number}/open_technical_review", {"body": "copil"})
    assert pointers(answer) == {("validation.unknown_field", "/body")}
    assert light_program.post(f"/actions/{number}/open_technical_review").json()["state"] == State.TECHNICAL_REVIEW


def test_a_file_is_attached_and_read_again_byte_for_byte(program):
    number = program.desk.propose()
    path, kind = f"/actions/{number}/attach?file_name=D%C3%A9lib%C3%A9ration.pdf", {"Content_Type": "application/octet-stream"}
    done = program.post(path, content=PDF, key="joindre-0001", **kind)
    assert (done.status_code, program.post(path, content=PDF, key="joindre-0001", **kind).json()) == (200, done.json())
    [kept] = program.get(f"/actions/{number}").json()["attachments"]
    read = program.get(f"/actions/{number}/files/{kept['sha256']}")
    assert (kept["file_name"], read.content, read.headers["content-type"]) == ("Délibération.pdf", PDF, "application/pdf")
    assert read.headers["content-disposition"] == "attachment; filename*=UTF-8''D%C3%A9lib%C3%A9ration.pdf"
    assert reasons(program.post(path, content=PDF, **kind)) == ["attachment_known"]
    assert reasons(program.post(path, content=b"<html>", **kind)) == ["attachment_is_something_else"]
    assert reasons(program.post(path, content=PDF)) == ["media_type_wrong"]
    assert reasons(program.post(f"/actions/{number}/attach", content=PDF, **kind)) == ["validation.missing"]
    unknown = program.get(f"/actions/{number}/files/{'0' * 64}")
    assert (unknown.status_code, reasons(unknown)) == (404, ["content_unknown"])


def test_a_meeting_is_planned_changed_convened_and_cancelled(program):
    day = program.desk.today.replace(month=11, day=20).isoformat()
    given = {"body": "cotech", "held_on": day, "starts_at": "14h30", "place": "Hôtel de ville", "actions": [], "items": ["Calendrier"]}
    planned = program.post("/meetings/plan", given, key="seance-0001")
    assert (planned.status_code, program.post("/meetings/plan", given, key="seance-0001").json()) == (201, planned.json())
    path = planned.headers["location"].removeprefix("/api/v1")
    meeting = program.get(path)
    assert (meeting.json()["starts_at"], meeting.json()["acts"]) == ("14:30", ["convene", "change", "cancel"])
    assert [(item["action"], item["title"]) for item in meeting.json()["agenda"]] == [(None, "Calendrier")]
    stale = program.post(f"{path}/change", {"place": "Campus"}, If_Match='"9"')
    assert (stale.status_code, reasons(stale)) == (412, ["meeting_stale"])
    changed = program.post(f"{path}/change", {"place": "Campus"}, If_Match=meeting.headers["etag"])
    assert changed.headers["etag"] == '"2"'
    assert program.post(f"{path}/convene").json()["state"] == "convened"
    again = program.post(f"{path}/convene")
    assert (again.status_code, reasons(again)) == (409, ["meeting_state_forbids"])
    assert reasons(program.post(f"{path}/cancel")) == ["reason_missing"]
    assert program.post(f"{path}/cancel", {"reason": "Salle indisponible"}).json()["state"] == "cancelled"
    assert len(program.desk.rows(Meeting)) == 1


def test_a_meeting_is_opened_and_closed_by_the_secretary_of_its_body_alone(light_program):
    office = Secretariat(light_program.desk, "cotech", CLERK)
    number = office.convened(items=("Calendrier",))
    light_program.desk.watch.go_to(office.meeting(number).held_on)
    other = light_program.as_holder_of(STEERING_CLERK).post(f"/meetings/{number}/open", {"present": list(office.seats())})
    assert (other.status_code, reasons(other)) == (403, ["meeting_not_yours"])
    assert light_program.post(f"/meetings/{number}/open", {"present": list(office.seats())}).json()["state"] == "open"
    assert light_program.post(f"/meetings/{number}/close").json()["state"] == "closed"
    answer = light_program.get(f"/meetings/{number}").json()
    assert {row["presence"] for row in answer["attendance"]} == {"present"}
    assert [line["via"] for line in answer["log"]] == ["cli", "cli", "api", "api"]


@pytest.mark.parametrize("name", [".", "%20", "a" * 300, "a%0Ab.pdf"])
def test_what_can_be_no_file_name_is_refused_in_words(light_program, name):
    number = light_program.desk.propose()
    answer = light_program.post(f"/actions/{number}/attach?file_name={name}", content=PDF, Content_Type="application/octet-stream")
    assert answer.status_code == 422
    assert reasons(answer)


def test_a_draft_is_read_by_its_author_and_secretaries_alone(light_program):
    desk = light_program.desk
    draft = desk.propose(provision(2, title="Une idée à moi"), form=DraftForm, seat="COTECH-05")
    author, member = (light_program.as_holder_of(seat) for seat in ("COTECH-05", "COTECH-06"))
    for path in ("", "/events", "/explain", "/reviews"):
        assert [who.get(f"/actions/{draft}{path}").status_code for who in (author, light_program)] == [200, 200]
        assert reasons(member.get(f"/actions/{draft}{path}")) == ["action_unknown"]


def test_nobody_else_is_told_that_a_draft_exists(light_program):
    desk = light_program.desk
    desk.propose()
    draft = desk.propose(provision(2, title="Une idée à moi"), form=DraftForm, seat="COTECH-05")
    author, member = (light_program.as_holder_of(seat) for seat in ("COTECH-05", "COTECH-06"))

    def answers(who, number):
        yield who.get(f"/actions/{number}")
        yield who.post(f"/actions/{number}/submit")
        yield who.post(f"/actions/{number}/amend", {"title": "Autrement"})
        yield who.post(f"/actions/{number}/attach?file_name=a.pdf", content=PDF, Content_Type="application/octet-stream")

    told = [
        [(answer.status_code, answer.json()["detail"].replace(number, "?")) for answer in answers(member, number)]
        for number in (draft, "A-2026-003")
    ]
    assert told[0] == told[1]
    assert {status for status, _ in told[0]} == {404}
    assert ["A-2026-001" in detail for _, detail in told[0]] == [True] * 4
    assert draft in author.get("/actions/A-2026-003").json()["detail"]
