import sqlite3
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from builders import PILOT, propose_form

from models.tables import Delivery, Seat, Sweep
from services.clock import wall
from services.forms import RegisterForm
from services.homes import advance_clock
from services.preferences import choose, preferences_of
from services.stopping import start, stop
from services.wakes import STAGES

pytestmark = pytest.mark.prefect


def of(system, flow, since):
    system.at_rest()
    return system.runs(flow, since)


def move_next_sweep(system, flow, moment):
    """Make the next scheduled run of a flow due at another moment, and give its id: nobody waits ten minutes in a test."""
    with sqlite3.connect(system.settings.prefect_home / "prefect.db", timeout=30) as prefect:
        [(run_id, state_id)] = prefect.execute(
            "SELECT r.id, r.state_id FROM flow_run r JOIN flow f ON f.id = r.flow_id"
            " WHERE f.name = ? AND r.auto_scheduled AND r.state_type = 'SCHEDULED' ORDER BY r.expected_start_time LIMIT 1",
            (flow,),
        )
        text = moment.strftime("%Y-%m-%d %H:%M:%S.%f")
        prefect.execute("UPDATE flow_run SET expected_start_time = ?, next_scheduled_start_time = ? WHERE id = ?", (text, text, run_id))
        prefect.execute(
            "UPDATE flow_run_state SET state_details = json_set(state_details, '$.scheduled_time', ?) WHERE id = ?",
            (moment.isoformat(), state_id),
        )
    prefect.close()
    return run_id


def test_a_proposal_wakes_its_stage_and_the_next_one_and_each_run_says_what_it_did(system, since):
    number = system.desk.propose()
    with system.relay():
        proposal, *more = of(system, "proposal", since)
        review, *later = of(system, "committee-review", since)
    assert (more, later) == ([], [])
    assert proposal.name == f"proposal: {number}; 1 message sent"
    assert set(proposal.tags) == {"passerelle", "proposal"}
    assert system.table(proposal.id) == [
        {"action": number, "event": "action.proposed", "body": "—", "outcome": "open_technical_review, messages: 1"},
        {"action": "—", "event": "messages", "body": "—", "outcome": "1 sent"},
    ]
    report = system.artifact(proposal.id, "markdown")
    assert report["key"] == "proposal-report"
    assert [line for line in report["data"].splitlines() if line.startswith(("| sent", "| unowned", "| failed"))] == [
        "| sent | 1 | — |",
        "| unowned | 0 | — |",
        "| failed | 0 | — |",
    ]
    assert review.name.startswith(f"committee-review: {number}; ")
    assert set(review.tags) == {"passerelle", "committee-review", "cotech"}


def test_a_burst_costs_few_runs(system, since):
    numbers = [system.desk.propose() for _ in range(20)]
    with system.relay():
        runs = of(system, "proposal", since)
    assert len(runs) <= 3
    assert sum(len({row["action"] for row in system.table(run.id)} & set(numbers)) for run in runs) == 20


def test_a_run_that_finds_nothing_says_so(system):
    run = system.run("reporting/stage")
    assert (run.state, run.name) == ("COMPLETED", "reporting: nothing to do")
    assert system.table(run.id) == [{"action": "—", "event": "—", "body": "—", "outcome": "nothing to do"}]


def test_every_stage_is_swept_by_a_schedule(system):
    asked = {"flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}, "tags": {"all_": ["auto-scheduled"]}}}
    stages = {tag for row in system.api.call("POST", "/flow_runs/filter", asked) for tag in row["tags"]} & set(STAGES)
    assert stages == set(STAGES)


def test_a_sweep_in_time_is_carried_out_and_recorded(system):
    run = system.finished(move_next_sweep(system, "reporting", wall()))
    assert (run.outcome, run.name) == ("Completed", "reporting: nothing to do")
    with system.app.db.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM sweep WHERE stage = 'reporting'").scalar_one() == 1


def test_a_late_sweep_is_skipped(system):
    run = system.finished(move_next_sweep(system, "implementation", wall() - timedelta(minutes=9)))
    assert (run.state, run.outcome, run.name) == ("COMPLETED", "Skipped", "implementation: late, skipped")


def test_a_sweep_while_messages_are_stopped_sends_nothing_and_counts_as_one(system):
    stop(system.app, "essai")
    try:
        run = system.finished(move_next_sweep(system, "deliveries", wall()))
    finally:
        start(system.app)
    assert (run.outcome, run.name) == ("Completed", "deliveries: messages are stopped, nothing done")
    assert len(system.desk.rows(Sweep, stage="deliveries")) == 1


@pytest.fixture
def reader(system):
    """A pilot who reads a digest a day, at the next full hour; as before in the end."""
    person = system.desk.rows(Seat, code=PILOT)[0].person_id
    hour = str((system.app.clock.now().astimezone(ZoneInfo("Europe/Paris")).hour + 1) % 24)
    for given in ({"rhythm": "daily", "hour": hour, "weekday": "0"}, {"rhythm": "at_once", "hour": "8", "weekday": "0"}):
        choose(system.app, person, given, preferences_of(system.app, person).version)
        if given["rhythm"] == "daily":
            yield person


def test_the_hour_of_a_digest_wakes_the_deliveries_and_it_leaves(system, reader, since):
    for _ in range(2):
        system.desk.ask(propose_form(form=RegisterForm, reference="Délibération 12", reason="Commencée avant la convention"))
    with system.relay():
        system.at_rest()
        assert [row.state for row in system.desk.rows(Delivery, person_id=reader) if row.created_at > since] == ["held", "held"]
        advance_clock(system.app.db, preferences_of(system.app, reader).next_digest - system.app.clock.now() + timedelta(seconds=1))
        [run] = system.eventually(lambda: system.runs("deliveries", since))
        system.at_rest()
    assert system.finished(run.id).name == "deliveries: 1 message sent"
    [digest] = system.desk.rows(Delivery, message="digest")
    assert [row.state for row in (digest, *system.desk.rows(Delivery, folded_into=digest.id))] == ["sent"] * 3
    assert [mail for mail in system.mailbox.mails() if str(digest.id) in mail["Message-ID"]] != []


def test_operators_find_the_events_of_one_action(system, since):
    number = system.desk.propose()
    with system.relay():
        system.at_rest()
        asked = {"filter": {"occurred": {"since": since.isoformat()}, "resource": {"id": [f"passerelle.action.{number}"]}}}
        found = system.eventually(lambda: len(events := system.api.call("POST", "/events/filter", asked)["events"]) == 2 and events)
    assert sorted(event["event"] for event in found) == ["passerelle.action.proposed", "passerelle.review.opened"]
    related = {resource["prefect.resource.id"] for event in found for resource in event["related"]}
    assert related == {"passerelle.stage.proposal", "passerelle.stage.committee-review", "passerelle.body.cotech"}
