"""``passerelle play`` on a running rehearsal: every path lived, and everything consistent afterwards."""

import json
import time
from email import message_from_bytes
from email.header import decode_header, make_header

import pytest
import sqlalchemy as sa
from builders import CHARTER, PEOPLE
from e2e.traces import GONE_TOKEN, ROOM_TOKEN, betrayed, secrets_of, written

from cli.play_cast import cast_of
from models.errors import Refused
from models.lifecycle import State
from models.tables import Delivery, table
from notifications.catalogue import MESSAGES, SIGN_IN
from services.bootstrap import open_app
from services.charters import read_charter
from services.people_csv import parse_people
from services.prefect_api import PrefectApi

pytestmark = [pytest.mark.prefect, pytest.mark.timeout(900)]
ALL = "100000"
MARKS = {"fr": "[Répétition] ", "en": "[Rehearsal] "}


@pytest.fixture(scope="module")
def played(rehearsal):
    return rehearsal.type("play", "--json", seconds=600)


@pytest.fixture(scope="module")
def report(played):
    assert played.returncode == 0, played.stderr
    return json.loads(played.stdout)


@pytest.fixture(scope="module")
def mails(rehearsal, report):
    """Every mail of the mailbox by its identifier: language, subject, whether it says rehearsal."""
    assert report["mails"] > 0
    found = {}
    for file in (rehearsal.settings.mailbox / "new").iterdir():
        mail = message_from_bytes(file.read_bytes())
        subject = str(make_header(decode_header(mail["Subject"])))
        found[mail["Message-ID"].strip("<>").partition("@")[0]] = (mail["Content-Language"], subject, mail["X-Passerelle-Rehearsal"])
    return found


@pytest.fixture(scope="module")
def prefect(rehearsal, report):
    assert report["flow_runs"] > 0
    with PrefectApi.of(rehearsal.settings) as api:
        yield api


def every(api, kind, **wanted):
    """Everything of a kind that Prefect holds, page by page."""
    found, page = [], None
    while page is None or page:
        page = api.call("POST", f"/{kind}/filter", {"limit": 200, "offset": len(found), **wanted})
        found += page
    return found


def test_every_path_is_lived_by_an_action_that_ends_where_it_should(report):
    assert {path["path"]: (path["state"], path["lived"]) for path in report["paths"]} == {
        "approved": ("approved", True),
        "returned-and-resubmitted": ("in_progress", True),
        "adjourned-and-examined-again": ("final_report_due", True),
        "rejected": ("rejected", True),
        "decided-in-a-meeting": ("rejected", True),
        "suspended-and-resumed": ("in_progress", True),
        "completed": ("final_report_due", True),
        "abandoned": ("abandoned", True),
        "closed-with-final-report": ("closed", True),
        "reminded-before-the-deadline": ("final_report_due", True),
        "hurried-for-an-opinion": ("final_report_due", True),
        "silent-until-the-deadline": ("final_report_due", True),
        "reservations-with-reasons": ("closed", True),
        "reservation-chased-and-lifted": ("closed", True),
        "opinion-changed": ("approved", True),
        "opinion-rectified": ("rejected", True),
        "conflict-declared": ("abandoned", True),
        "extended-by-the-secretary": ("final_report_due", True),
        "milestone-passed": ("final_report_due", True),
        "progress-asked-and-reported": ("closed", True),
        "blocked-and-helped": ("in_progress", True),
        "hurried-to-start": ("approved", True),
        "neglected": ("abandoned", True),
        "final-report-late-and-in-two-parts": ("closed", True),
        "incomplete-and-withdrawn": ("withdrawn", True),
        "registered-under-way": ("in_progress", True),
        "refused-with-reasons": ("approved", True),
    }


def test_the_seven_provisions_of_the_first_start_are_played_not_copies_of_them(report, rehearsal):
    titles = [sheet.title for sheet in read_charter(CHARTER).provisions]
    actions = rehearsal.list("action", "list")
    assert [action["title"] for action in actions[:7]] == titles
    assert len(actions) == 9
    assert {path["action"] for path in report["paths"]} == {action["number"] for action in actions}


def test_nothing_is_left_over(report, rehearsal):
    assert report["seconds"] > 0
    found = rehearsal.list("status")
    assert (found["ready"], found["events"]["parked"], found["reviews"]["open"]) == (True, 0, 0)
    assert set(found["deliveries"]) <= {"sent", "cancelled", "suppressed"}


def test_the_log_of_every_action_is_without_gaps_and_ends_in_its_state(report, rehearsal):
    assert report["paths"] != []
    log = {}
    for event in rehearsal.list("events", "--limit", ALL):
        log.setdefault(event["action"], []).append(event)
    assert {number: [event["seq"] for event in events] for number, events in log.items()} == {
        number: list(range(1, len(events) + 1)) for number, events in log.items()
    }
    actions = {action["number"]: (action["state"], action["version"]) for action in rehearsal.list("action", "list")}
    assert {number: (events[-1]["after"], len(events)) for number, events in log.items()} == actions


def test_each_step_between_two_states_follows_from_the_one_before(report, rehearsal):
    assert report["paths"] != []
    standing = {}
    for event in rehearsal.list("events", "--limit", ALL):
        assert event["before"] == standing.get(event["action"])
        standing[event["action"]] = event["after"]
    assert set(standing.values()) <= set(State)


def test_every_kind_of_mail_arrived_in_french_and_some_in_english(rehearsal, mails):
    sent = rehearsal.list("deliveries", "--state", "sent", "--limit", ALL)
    told = {language: {row["message"] for row in sent if mails[row["folded_into"] or row["id"]][0] == language} for language in MARKS}
    # Nobody of the tour signs in, withdraws a conflict or takes another action's place; the charter stays the same, asks for no deliberation and knows no proxies;
    # nobody answers early, nobody chose to be told once a day, every address is served, and the meetings are held as they were convened.
    untold = {
        SIGN_IN,
        "review-moved",
        "action-superseded",
        "conflict-withdrawn",
        "deliberation-recorded",
        "proxy-given",
        "proxy-held",
        "proxy-revoked",
        "opinion-kept",
        *("digest", "own-deadlines", "address-refused", "webhook-off", "meeting-changed", "convocation-withdrawn"),
    }
    # Which rungs come on a day of the tour, and whether several things fall due for one person then, depends on the calendar.
    by_the_calendar = {"due-together", "deadline-reminder", "deadline-escalated", "chase-ended", "body-reminder"}
    by_the_calendar |= {"completion-delayed", "start-delayed", "progress-delayed"}
    assert told["fr"] | by_the_calendar == set(MESSAGES) - untold
    assert {"opinion-requested", "opinion-received"} <= told["en"]
    assert len(mails) == len([row for row in sent if row["folded_into"] is None])


def test_every_mail_says_that_it_belongs_to_a_rehearsal(mails):
    assert [subject for language, subject, marked in mails.values() if marked != "yes" or not subject.startswith(MARKS[language])] == []


def test_no_run_failed_and_every_run_is_named_after_what_it_did(prefect):
    runs = every(
        prefect, "flow_runs", sort="ID_DESC", flow_runs={"state": {"type": {"any_": ["COMPLETED", "FAILED", "CRASHED", "CANCELLED"]}}}
    )
    assert {run["state_type"] for run in runs} == {"COMPLETED"}
    assert [run["name"] for run in runs if run["name"].endswith(": started")] == []


def test_every_run_form_was_used_but_what_no_action_of_the_tour_needs(prefect):
    forms = every(prefect, "deployments", deployments={"tags": {"all_": ["form"]}})
    runs = every(prefect, "flow_runs", sort="ID_DESC", flow_runs={"tags": {"all_": ["form"]}})
    used = {run["deployment_id"] for run in runs}
    assert {form["name"] for form in forms if form["id"] not in used} == {
        *("close", "move-review", "consult-group", "deliberation", "supersede"),
    }


def test_names_tags_and_artifacts_of_runs_hold_nobody(prefect):
    people = parse_people(PEOPLE.read_bytes(), read_charter(CHARTER))
    runs = every(prefect, "flow_runs", sort="ID_DESC")
    shown = [(run["name"], run["tags"], (run["state"] or {}).get("message")) for run in runs]
    tables = [(table["key"], table["data"], table["description"]) for table in every(prefect, "artifacts")]
    text = json.dumps([shown, tables], ensure_ascii=False).casefold()
    assert "a-20" in text
    assert [person.code for person in people if person.name.casefold() in text or person.email.casefold() in text] == []
    assert "@" not in text


def test_no_secret_and_nobody_stands_in_logs_runs_artifacts_events_or_metrics(report, rehearsal):
    assert report["paths"] != []
    app = open_app(rehearsal.settings)
    try:
        send_to_rooms(app)
        places, secrets = written(rehearsal, app), secrets_of(app)
    finally:
        app.close()
    assert {"worker.log", "Prefect's flow_run", "Prefect's artifact", "Prefect's events", "Prefect's log", "events"} <= places.keys()
    assert len(secrets) > 100
    rooms = {"the room": ROOM_TOKEN, "the room that is gone": GONE_TOKEN}
    assert betrayed(places, secrets | rooms) == []


def send_to_rooms(app):
    """Two messages go once more, to a chat room and to one whose server is gone; then everything is as it was."""
    rows = table(Delivery)
    with app.db.write() as connection:
        query = sa.select(rows.c.id).where(rows.c.message == "action-approved", rows.c.state == "sent").limit(2)
        ids = connection.execute(query).scalars().all()
        for one, room in zip(ids, ("ROOM", "GONE_ROOM"), strict=True):
            connection.execute(rows.update().where(rows.c.id == one).values(state="ready", channel=f"env:{room}", attempts=0))
    end = time.monotonic() + 60
    while states_of(app, ids) != ["retrying", "sent"]:
        assert time.monotonic() < end, states_of(app, ids)
        time.sleep(0.2)
    with app.db.write() as connection:
        connection.execute(rows.update().where(rows.c.id.in_(ids)).values(state="sent", channel="mail"))


def states_of(app, ids):
    rows = table(Delivery)
    with app.db.read() as connection:
        return sorted(connection.execute(sa.select(rows.c.state).where(rows.c.id.in_(ids))).scalars())


def test_an_action_that_has_moved_on_is_not_played_again(report, rehearsal):
    assert report["paths"] != []
    app = open_app(rehearsal.settings)
    assert cast_of(app).untouched() == {}
    app.close()


def test_a_paused_stage_is_named_before_anything_is_played(report, rehearsal, prefect):
    assert report["paths"] != []
    prefect.pause("implementation/stage")
    answer = rehearsal.type("play")
    prefect.resume("implementation/stage")
    assert (answer.returncode, answer.stdout) == (2, "")
    assert "«\u00a0implementation/stage\u00a0» est en pause" in answer.stderr


def test_the_progress_names_who_does_what_and_the_answer_is_pure_json(played):
    assert json.loads(played.stdout)["paths"] != []
    lines = played.stderr.splitlines()
    assert any("COPIL-02" in line and "enregistre l'approbation [formulaire Prefect] → approuvée" in line for line in lines)
    assert any("on ne peut pas approuver dans cet état" in line for line in lines)


def test_a_person_and_a_seat_that_are_missing_are_named_before_anything_is_played(rehearsal, report):
    assert report["paths"] != []
    app = open_app(rehearsal.settings)
    cast = cast_of(app)
    cast.people = [person for person in cast.people if person.code not in ("pilote-velo", "secretariat-copil")]
    with pytest.raises(Refused) as refused:
        Refused.unless_empty(cast.lacks())
    app.close()
    assert [(problem.code, *list(problem.params.values())[:1]) for problem in refused.value.problems] == [
        ("play.body_empty", "copil"),
        ("play.lead_unseated", "pilote-velo"),
    ]
