import pytest
from builders import CLERK, propose_form, provision

from services.clock import new_id
from services.prefect_api import PrefectAnswered
from services.wording import Wording

pytestmark = pytest.mark.prefect
SECRET_WORDS = "Intitulé que personne ne doit lire dans les journaux"


def filled(**changes):
    return propose_form(provision(**changes)).model_dump(mode="json", exclude_none=True)


def test_a_form_carried_out_is_a_completed_run_that_names_the_action(system):
    run = system.run("proposal/propose", **filled())
    number = run.name.removeprefix("propose: ")
    assert (run.state, run.outcome, run.message) == ("COMPLETED", "Completed", f"propose: {number}")
    assert set(run.tags) == {"passerelle", "proposal", "form", "propose"}
    assert system.table(run.id) == [{"verb": "propose", "action": number, "state": "submitted", "refused because": "—"}]
    [event] = system.desk.events(number)
    assert (event.topic, event.via, event.actor) == ("action.proposed", "prefect-form", CLERK)


def test_a_refused_form_is_a_completed_run_that_says_why_in_words_and_in_codes(system):
    number = system.desk.propose()
    run = system.run("reporting/close", seat=CLERK, action=number)
    assert (run.state, run.outcome, run.name) == ("COMPLETED", "Refused", "close: refused (state_forbids)")
    codes = f"state_forbids: state submitted, states final_report_due ({CLERK})"
    sentence = Wording("fr").say("state_forbids", state="déposée", verb="clore", states="bilan final attendu")
    assert run.message == f"{sentence} [{codes}]"
    assert system.table(run.id) == [{"verb": "close", "action": number, "state": "—", "refused because": codes}]


def test_a_form_that_only_our_own_rules_find_wrong_is_refused_with_the_field(system):
    run = system.run("proposal/propose", **filled() | {"ends_on": "2027-02-30"})
    assert (run.state, run.outcome) == ("COMPLETED", "Refused")
    assert run.message == "validation.date (ends_on)"


def test_a_form_that_is_no_form_does_not_even_start(system):
    with pytest.raises(PrefectAnswered) as answer:
        system.begin("proposal/propose", seat=CLERK)
    assert answer.value.status == 409


def test_the_same_run_asked_for_twice_acts_once(system):
    key = str(new_id())
    before = system.desk.counts()["action"]
    first, second = (system.api.create_run("proposal/propose", {"form": filled()}, key) for _ in range(2))
    assert first.id == second.id
    system.finished(first.id)
    assert system.desk.counts()["action"] == before + 1


def test_the_forms_lists_come_from_the_charter_and_their_titles_are_french(system):
    found = system.api.call("GET", "/deployments/name/proposal/propose")
    schema = found["parameter_openapi_schema"]
    fields = schema["definitions"]["ProposeForm"]["properties"]
    assert found["description"].startswith("Proposer une action\u00a0: ")
    assert fields["title"]["title"] == "Titre"
    assert fields["axis"]["enum"] == ["territoire", "transitions"]
    assert schema["required"] == ["form"]


def test_a_fault_is_a_failed_run_without_the_words_of_the_form_and_operators_are_told_once(system, since):
    with system.app.db.write() as connection:
        connection.exec_driver_sql("ALTER TABLE request RENAME TO request_away")
    try:
        run = system.run("proposal/propose", **filled(title=SECRET_WORDS))
    finally:
        with system.app.db.write() as connection:
            connection.exec_driver_sql("ALTER TABLE request_away RENAME TO request")
    assert (run.state, run.name) == ("FAILED", "propose: fault (OperationalError)")
    assert "OperationalError at services/" in run.message
    assert SECRET_WORDS not in run.message
    assert SECRET_WORDS not in system.worker.log.read_text()
    [alert] = system.eventually(lambda: [alert for alert in system.runs("operations", since) if alert.finished])
    assert (alert.state, alert.name) == ("COMPLETED", "alert: propose: fault (OperationalError)")
    with system.app.db.read() as connection:
        told = connection.exec_driver_sql("SELECT message, details FROM delivery WHERE unique_key LIKE ?", (f"alert:{run.id}:%",)).all()
    assert {row.message for row in told} == {"operators-alert"}
