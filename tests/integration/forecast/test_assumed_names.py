"""What an assumption names has to exist; what is wrong is said, with the nearest name."""

from datetime import date, timedelta

import pytest
from builders import CLERK, TODAY
from secretariat import Secretariat

from models.errors import Refused
from services.forecast.meant import act_names
from services.forecast.reading import Asked, forecast
from services.wording import Wording

SOON = TODAY + timedelta(days=3)


def refusal(desk, *typed, **more):
    with pytest.raises(Refused) as refused:
        forecast(desk.app, Asked(assume=typed, **more))
    return [(problem.code, problem.where) for problem in refused.value.problems]


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        (f"A-2026-009:avis:COTECH-04={SOON}", "action_unknown"),
        (f"A-2026-001:avis:COTECH-99={SOON}", "seat_unknown"),
        (f"A-2026-001:avis:COTECH-04:peut-etre={SOON}", "assume.opinion"),
        (f"A-2026-001:fin-examen:cotec={SOON}", "forecast.body"),
        (f"A-2026-001:jalon:9={SOON}", "assume.milestone"),
        (f"A-2026-001:jalon:zero={SOON}", "assume.milestone"),
        (f"A-2026-001:levee:1={SOON}", "assume.reservation"),
        (f"A-2026-001:avancement:101={SOON}", "assume.percent"),
        ("A-2026-001:avancement=+3", "assume.nothing_due"),
        ("A-2026-001:avis:COPIL-03=+3", "assume.nothing_due"),
        (f"personne:absence={SOON}..{SOON}", "person_unknown"),
        (f"COPIL-S-2026-001:jour={SOON}", "meeting_unknown"),
        (f"A-2026-001:avis:COTECH-04={TODAY - timedelta(days=1)}", "assume.past"),
        ("A-2026-001:avis:COTECH-04=2039-01-01", "assume.beyond"),
    ],
)
def test_what_does_not_exist_is_refused_before_time_passes(light_desk, typed, code):
    light_desk.to_technical()
    assert refusal(light_desk, typed) == [(code, typed)]


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        (f"A-2026-001:demarrage={SOON}", "state_forbids"),
        (f"A-2026-001:avis:COPIL-03={SOON}", "review_not_open"),
        (f"A-2026-001:fin-examen:cotech={TODAY + timedelta(days=200)}", "extension_too_long"),
        (f"pilote-equipements:absence:COTECH-05={SOON}..{SOON}", "people.unknown"),
    ],
)
def test_what_the_rules_would_refuse_on_its_day_is_refused_in_its_name(light_desk, typed, code):
    light_desk.to_technical()
    assert refusal(light_desk, typed) == [(code, typed)]


def test_everything_that_is_wrong_is_said_at_once(light_desk):
    assert [code for code, _ in refusal(light_desk, "zut", "A-2026-001:avis:X=demain", f"personne:absence={SOON}..{SOON}")] == [
        "assume.shape",
        "assume.day",
        "person_unknown",
    ]


LATER = SOON + timedelta(days=2)


@pytest.mark.parametrize(
    "assumed",
    [
        (
            f"A-2026-001:avis:COTECH-04:défavorable={SOON}",
            f"a-2026-001:opinion:cotech-05={SOON}",
            "A-2026-001:fin-examen:cotech=+5",
            "A-2026-002:jalon:1=+20",
            f"A-2026-002:jalon-atteint:2={SOON}",
            f"A-2026-002:avancement:40={SOON}",
            f"A-2026-002:suspension={LATER}",
            "A-2026-003:bilan=+3",
            "A-2026-004:levee:1=+3",
            f"A-2026-005:approbation={SOON}",
            f"COTECH-04:absence={SOON}..{LATER}",
        ),
        (f"A-2026-002:achevement={SOON}", f"A-2026-005:rejet={SOON}", f"patrimoine:absence:COTECH-08={SOON}..{LATER}"),
        (f"A-2026-002:abandon={SOON}", f"A-2026-005:ajournement={SOON}", f"A-2026-001:retrait={SOON}"),
    ],
)
def test_every_kind_of_assumption_can_be_carried_out(light_life, assumed):
    found = forecast(light_life.desk.app, Asked(until=TODAY + timedelta(days=120), assume=assumed))
    assert [each.typed for each in found.assumed] == list(assumed)
    assert found.difference


def test_an_opinion_that_comes_after_the_end_is_refused_as_it_would_be(light_desk):
    number = light_desk.to_technical()
    late = light_desk.reviews(number)["cotech", 1].due_on + timedelta(days=3)
    assert refusal(light_desk, f"{number}:avis:COTECH-04=+3") == [("state_forbids", f"{number}:avis:COTECH-04=+3 ({late})")]


def days_assumed(desk, typed, **more):
    return [each.day for each in forecast(desk.app, Asked(assume=(typed,), **more)).assumed]


def test_news_come_so_many_days_after_the_last_day_to_answer_the_request_that_is_open(light_desk):
    number = light_desk.to_work()
    light_desk.watch.go_to(date(2027, 4, 5))
    light_desk.settle()
    [answer] = light_desk.dues(kind="progress_report", settled_at=None)
    light_desk.watch.go_to(date(2027, 4, 21))
    assert answer.due_on == date(2027, 4, 20)
    assert days_assumed(light_desk, f"{number}:avancement=+10") == [date(2027, 4, 30)]


def test_news_that_nobody_has_asked_for_yet_come_so_many_days_after_the_last_day_to_answer_the_next_request(light_desk):
    number = light_desk.to_work()
    assert (light_desk.dues(kind="progress", settled_at=None)[0].due_on, light_desk.dues(kind="progress_report")) == (date(2027, 4, 5), [])
    assert days_assumed(light_desk, f"{number}:avancement=+10", until=date(2027, 6, 30)) == [date(2027, 4, 30)]


def test_the_technical_committee_refers_an_action(light_desk):
    number = light_desk.to_technical()
    found = forecast(light_desk.app, Asked(until=TODAY + timedelta(days=30), assume=(f"{number}:transmission={SOON}",)))
    assert "action-referred" in {line.message for line in found.difference.new}


def test_a_suspended_action_is_resumed_and_an_approved_one_started(light_desk):
    approved = light_desk.to_approved()
    suspended = light_desk.reach("suspended")
    typed = (f"{approved}:demarrage={SOON}", f"{suspended}:reprise={SOON}", f"{suspended}:suspension={SOON + timedelta(days=2)}")
    found = forecast(light_desk.app, Asked(until=TODAY + timedelta(days=30), assume=typed))
    assert {line.message for line in found.difference.new} == {"action-started", "action-resumed", "action-suspended"}


def test_acts_go_by_names_in_every_language():
    assert {act_names()[name] for name in ("avis", "fin-examen", "levee")} == {"opinion", "review-end", "lift"}
    assert len(Wording("fr").labels("assume")) == len(Wording("en").labels("assume")) == len(Wording("fr").labels("supposed"))


def test_a_meeting_that_moves_is_told_to_those_who_are_convened(light_life):
    number = Secretariat(light_life.desk, "cotech", CLERK).convened(days=30)
    light_life.quieten()
    found = forecast(light_life.desk.app, Asked(until=TODAY + timedelta(days=60), assume=(f"{number}:jour=+7",)))
    changed = [line for line in found.lines if line.message == "meeting-changed"]
    assert {line.meeting for line in changed} == {number}
    assert {line.body for line in changed} == {"cotech"}
    assert {line.seat for line in changed} >= {"COTECH-01", "COTECH-03"}
    assert not [line for line in found.before if line.message == "meeting-changed"]
    assert [each.day for each in found.assumed] == [TODAY + timedelta(days=37)]
