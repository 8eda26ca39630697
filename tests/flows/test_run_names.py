import pytest

from flows.naming import answer_name, run_name, run_report, run_rows, run_tags
from models.errors import Fault
from services.faults import told_safely
from services.stages import Line, StageReport
from services.tally import Tally


def line(number, body=None):
    return Line(f"A-2026-{number:03}", body, "action.submitted", "open_technical_review")


@pytest.mark.parametrize(
    ("report", "name"),
    [
        (StageReport("proposal"), "proposal: nothing to do"),
        (StageReport("proposal", (line(4),)), "proposal: A-2026-004"),
        (
            StageReport("proposal", (line(7), line(1), line(7)), {"sent": 1}),
            "proposal: 2 actions, A-2026-001 to A-2026-007; 1 message sent",
        ),
        (StageReport("deliveries", (), {"sent": 12, "retrying": 2}), "deliveries: 2 messages retrying, 12 messages sent"),
        (StageReport("proposal", stopped="paused"), "proposal: paused, nothing done"),
        (StageReport("proposal", (line(1),), stopped="cancelled"), "proposal: A-2026-001, then cancelled"),
        (StageReport("proposal", parked=3), "proposal: nothing to do; 3 parked"),
    ],
)
def test_a_run_is_named_after_what_it_did(report, name):
    assert run_name(report) == name


def test_a_run_bears_its_stage_and_the_bodies_concerned():
    report = StageReport("committee-review", (line(1, "cotech"), line(2, "copil"), line(3, "cotech"), line(4)))
    assert run_tags(report) == ("committee-review", "copil", "cotech")


def test_the_table_of_an_empty_run_says_so():
    assert [row["outcome"] for row in run_rows(StageReport("proposal"))] == ["nothing to do"]
    assert [row["outcome"] for row in run_rows(StageReport("proposal", stopped="busy"))] == ["busy"]


def test_the_report_of_a_run_is_figures_and_codes():
    told = Tally(due=2, sent=5, held=1, unowned=("COTECH-06", "lead (A-2026-003)"), unreachable=("COPIL-04",), failed=1)
    report = StageReport("implementation", (line(3),), {"sent": 5}, parked=1, tally=told)
    assert run_report(report).splitlines() == [
        "implementation: A-2026-003; 5 messages sent; 1 parked",
        "",
        "| | how many | who |",
        "|---|---:|---|",
        "| due | 2 | — |",
        "| sent | 5 | — |",
        "| held | 1 | — |",
        "| unowned | 2 | COTECH-06, lead (A-2026-003) |",
        "| unreachable | 1 | COPIL-04 |",
        "| failed | 1 | — |",
        "| parked | 1 | — |",
    ]


def test_an_answer_names_the_action_or_the_rules_that_refused():
    assert answer_name("propose", "A-2026-008", ()) == "propose: A-2026-008"
    assert answer_name("close", "A-2026-008", ("late_reason_missing (COTECH-02)",)) == "close: refused (late_reason_missing)"
    refusals = ("a: near A-2026-001 (S)", "b (S)", "a (S)", "c (S)", "d (S)")
    assert answer_name("close", "-", refusals) == "close: refused (a, b, c and 1 more)"


def test_a_fault_is_told_by_its_kind_and_place_and_without_its_words():
    with pytest.raises(ValueError, match="Jeanne") as raised:
        answer_name("close", "-", int("Jeanne"))
    told = told_safely(raised.value)
    assert (told.kind, "Jeanne" in str(told)) == ("ValueError", False)


def test_our_own_faults_keep_their_text_which_is_made_of_codes():
    assert str(told_safely(Fault("lease lost"))) == "Fault (lease lost) at an unknown place"
