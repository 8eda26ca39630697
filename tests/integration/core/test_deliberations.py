"""A committee cannot commit a partner's means: work waits for what the partner's own authority decided."""

from datetime import timedelta
from decimal import Decimal

import pytest
from builders import CLERK, PILOT, STEERING_CLERK, TODAY, changed_charter, provision

from models.commands import Via
from models.errors import Problem, Refused
from models.lifecycle import State, Verb
from models.tables import Deliberation, Delivery, Seat, table
from services import queries
from services.audit import verify
from services.explanations import explain
from services.forms import AmendForm, DeliberationForm, ResumeForm, StartForm, SuspendForm
from services.requests import submit_form

RULES = [{"partner": "ville"}, {"partner": "universite", "budget_from": 50_000}]
PROOF = "d" * 64


@pytest.fixture
def deliberating(desk, tmp_path):
    """Under a charter by which the city's council decides on every action, the university's board from 50,000 euros on."""
    return desk.under(changed_charter(tmp_path / "deliberations.yaml", lambda it: it.update(deliberations=RULES)))


def approved(desk, **sheet):
    number = desk.to_approved(provision(7, **{"partners": ("ville", "universite"), "budget_euros": Decimal(10_000)} | sheet))
    desk.execute(Verb.ATTACH, number, file_name="deliberation.pdf", media_type="application/pdf", size=1000, sha256=PROOF)
    return number


def deliberation(number, **more):
    known = {"partner": "ville", "deliberation": "adopted", "decided_on": TODAY - timedelta(days=2), "reference": "2026-118"}
    return DeliberationForm(**{"seat": CLERK, "action": number, "document": "deliberation.pdf", **known} | more)


def starting(number):
    return StartForm(seat=CLERK, action=number)


def refusal_of(desk, form):
    with pytest.raises(Refused) as refused:
        desk.ask(form)
    return list(refused.value.problems)


def test_work_starts_once_the_authority_has_adopted_the_action(deliberating):
    number = approved(deliberating)
    assert refusal_of(deliberating, starting(number)) == [Problem("deliberations_missing", {"partners": "ville"})]
    deliberating.ask(deliberation(number))
    deliberating.ask(starting(number))
    assert deliberating.state(number) is State.IN_PROGRESS
    (row,) = queries.show_action(deliberating.app, number)["deliberations"]
    assert {name: row[name] for name in ("partner", "outcome", "decided_on", "reference", "document", "file_name", "superseded")} == {
        "partner": "ville",
        "outcome": "adopted",
        "decided_on": TODAY - timedelta(days=2),
        "reference": "2026-118",
        "document": PROOF,
        "file_name": "deliberation.pdf",
        "superseded": False,
    }


def test_whose_authority_is_waited_for_follows_from_the_sheet(deliberating):
    small, rich, unknown = (approved(deliberating, budget_euros=euros) for euros in (Decimal(10_000), Decimal(50_000), None))
    alone = approved(deliberating, partners=("universite",))
    waiting = {number: queries.show_action(deliberating.app, number)["authorities"] for number in (small, rich, unknown, alone)}
    assert waiting == {small: ["ville"], rich: ["ville", "universite"], unknown: ["ville", "universite"], alone: []}


def test_an_authority_that_refuses_holds_the_work_back_until_it_decides_otherwise(deliberating):
    number = approved(deliberating)
    deliberating.ask(deliberation(number, deliberation="refused"))
    assert deliberating.refusal(starting(number)) == ["deliberations_missing"]
    deliberating.ask(deliberation(number, reference="2026-131"))
    assert deliberating.refusal(starting(number)) == []
    assert [(row.outcome, row.superseded) for row in deliberating.rows(Deliberation)] == [("refused", True), ("adopted", False)]


def test_work_that_was_suspended_waits_too_where_the_sheet_has_changed_meanwhile(deliberating):
    number = approved(deliberating)
    deliberating.ask(deliberation(number))
    deliberating.ask(starting(number))
    deliberating.ask(SuspendForm(seat=CLERK, action=number, reason="Travaux"))
    deliberating.ask(AmendForm(seat=CLERK, action=number, budget_euros=80_000))
    assert refusal_of(deliberating, ResumeForm(seat=CLERK, action=number)) == [Problem("deliberations_missing", {"partners": "universite"})]
    deliberating.ask(deliberation(number, partner="universite", reference="CA 7"))
    assert deliberating.refusal(ResumeForm(seat=CLERK, action=number)) == []


@pytest.mark.parametrize(
    ("form", "codes"),
    [
        ({"seat": PILOT}, ["not_allowed"]),
        ({"partner": "region"}, ["partner_unknown"]),
        ({"decided_on": TODAY + timedelta(days=1)}, ["decided_in_future"]),
        ({"document": "autre.pdf"}, ["document_unknown"]),
        ({"document": "e" * 64}, ["document_unknown"]),
    ],
)
def test_what_proves_nothing_is_refused_and_nothing_is_kept(desk, form, codes):
    number = approved(desk)
    before = desk.counts()
    assert (desk.refusal(deliberation(number, **form)), desk.counts()) == (codes, before)


def test_a_document_is_named_by_its_file_or_its_hash_and_must_be_one(desk):
    number = approved(desk)
    desk.execute(Verb.ATTACH, number, file_name="deliberation.pdf", media_type="application/pdf", size=1000, sha256="f" * 64)
    problems = refusal_of(desk, deliberation(number))
    assert problems == [
        Problem("document_unknown", {"document": "deliberation.pdf", "count": 2, "known": "deliberation.pdf, deliberation.pdf"}, "document")
    ]
    desk.ask(deliberation(number, document=PROOF))


def test_the_same_deliberation_is_recorded_once(desk):
    number = approved(desk)
    desk.ask(deliberation(number))
    assert desk.refusal(deliberation(number)) == ["deliberation_known"]


def test_it_is_told_in_advance_what_work_waits_for_and_that_the_document_comes_first(deliberating):
    number = deliberating.to_approved(provision(7, partners=("ville",)))
    answers = {answer.verb: answer for answer in explain(deliberating.app, action=number, seat=CLERK)}
    assert [problem.code for problem in answers[Verb.START].unmet] == ["deliberations_missing"]
    assert [problem.code for problem in answers[Verb.RECORD_DELIBERATION].unmet] == ["document_not_attached"]
    deliberating.execute(Verb.ATTACH, number, file_name="a.pdf", media_type="application/pdf", size=1000, sha256=PROOF)
    answers = {answer.verb: answer for answer in explain(deliberating.app, action=number, seat=STEERING_CLERK)}
    assert answers[Verb.RECORD_DELIBERATION].possible


def test_the_pilot_the_proposer_and_the_secretary_are_told(deliberating):
    number = approved(deliberating)
    deliberating.ask(deliberation(number, seat=STEERING_CLERK))
    deliberating.settle()
    told = {row.because for row in deliberating.rows(Delivery, message="deliberation-recorded")}
    (clerk,) = deliberating.rows(Seat, code=CLERK)
    assert "lead" in told
    assert clerk.person_id in {row.person_id for row in deliberating.rows(Delivery, message="deliberation-recorded")}


def test_prefect_records_one_and_its_refusals_name_no_file(desk):
    number = approved(desk)
    refused = submit_form(desk.app, deliberation(number, document="secret.pdf"), key="run-00000001", via=Via.PREFECT_FORM)
    assert (refused.refusals, refused.reasons) == ((f"document_unknown ({CLERK})",), ())
    assert submit_form(desk.app, deliberation(number), key="run-00000002", via=Via.PREFECT_FORM).refusals == ()


def test_the_log_gives_the_rows_and_an_edited_one_is_found(desk):
    number = approved(desk)
    desk.ask(deliberation(number, deliberation="refused"))
    desk.ask(deliberation(number, reference="2026-131"))
    assert verify(desk.app).findings == ()
    rows = table(Deliberation)
    with desk.app.db.write() as connection:
        connection.execute(rows.update().where(~rows.c.superseded).values(outcome="refused"))
    assert [(finding.code, finding.params["column"]) for finding in verify(desk.app).findings] == [("row_differs", "outcome")]
