"""What a forecast says is what then happens, and asking for it changes nothing."""

from datetime import date, timedelta

import pytest
from builders import CLERK, PILOT, TODAY
from foretold import everything, foretold

from models.errors import Refused
from services.forecast.reading import Asked, forecast
from services.forms import ExtendReviewForm, FinalReportForm, OpinionForm, ProgressForm
from services.homes import advance_clock

UNTIL = TODAY + timedelta(days=80)
ANSWERED, REPORTED, FILED = TODAY + timedelta(days=9), TODAY + timedelta(days=30), TODAY + timedelta(days=45)


def test_a_forecast_is_what_happens_when_nobody_acts_day_by_day_and_person_by_person(life):
    said = foretold(forecast(life.desk.app, Asked(until=UNTIL)))
    assert said == life.until(UNTIL)
    assert {"opinion-reminder", "review-closed", "action-adjourned", "milestone-passed", "final-report-delayed"} <= {
        told[-1] for told in said
    }


def test_so_it_is_for_most_of_a_year(light_life):
    until = TODAY + timedelta(days=300)
    said = foretold(forecast(light_life.desk.app, Asked(until=until)))
    assert said == light_life.until(until)
    assert {"progress-requested", "action-neglected", "reservation-delayed"} <= {told[-1] for told in said}


def test_so_it_is_in_a_rehearsal_whose_clock_is_ahead(light_life):
    app, ahead = light_life.desk.app, timedelta(days=7)
    advance_clock(app.db, ahead)
    light_life.quieten()
    light_life.desk.watch.advance(hours=1)
    said = forecast(app, Asked(until=UNTIL))
    assert said.first == TODAY + ahead
    assert foretold(said) == light_life.until(UNTIL - ahead)
    assert said.lines


def test_it_has_quiet_hours_digests_days_off_absences_and_what_people_are_spared(light_life):
    lines = forecast(light_life.desk.app, Asked(until=UNTIL)).lines
    waited = {(line.seat, line.waited) for line in lines if line.waited}
    assert {("COTECH-01", "hours"), ("COTECH-02", "digest"), ("COTECH-03", "hours"), ("COTECH-07", "away")} <= waited
    assert not [line for line in lines if line.seat == "COTECH-05" and line.message == "opinion-reminder"]
    assert {line.time for line in lines if line.seat == "COTECH-02" and line.waited} == {"09:00"}


def test_what_is_assumed_is_what_happens_when_it_is_done(light_life):
    desk = light_life.desk
    assumed = (
        f"A-2026-001:avis:{PILOT}={ANSWERED}",
        "A-2026-001:fin-examen:cotech=+4",
        f"A-2026-002:avancement={REPORTED}",
        f"A-2026-003:bilan={FILED:%d/%m/%Y}",
    )
    said = forecast(desk.app, Asked(until=UNTIL, assume=assumed))
    due = desk.reviews("A-2026-001")["cotech", 1].due_on
    desk.ask(ExtendReviewForm(seat=CLERK, action="A-2026-001", body="cotech", until=due + timedelta(days=4), reason="Congés"))
    acts = {
        ANSWERED: lambda: desk.ask(OpinionForm(seat=PILOT, action="A-2026-001", body="cotech", voter=PILOT, opinion="favourable")),
        REPORTED: lambda: desk.ask(ProgressForm(seat=PILOT, action="A-2026-002", percent=50, summary="Bon début")),
        FILED: lambda: desk.ask(FinalReportForm(seat=PILOT, action="A-2026-003", results="Résultats", lessons="Leçons")),
    }
    assert foretold(said) == light_life.until(UNTIL, acts)
    assert said.difference.moved
    assert said.difference.gone
    assert said.difference.new


def test_the_difference_is_that_of_the_two_forecasts(light_life):
    app, assumed = light_life.desk.app, (f"A-2026-002:avancement={REPORTED}",)
    usual, found = forecast(app, Asked(until=UNTIL)), forecast(app, Asked(until=UNTIL, assume=assumed))
    assert found.before == usual.lines
    before, after = ({(line.key, line.day) for line in lines} for lines in (usual.lines, found.lines))
    told = found.difference
    assert before - after == {(line.key, line.day) for line in told.gone} | {(pair.before.key, pair.before.day) for pair in told.moved}
    assert after - before == {(line.key, line.day) for line in told.new} | {(pair.after.key, pair.after.day) for pair in told.moved}


def test_nothing_of_the_home_changes(life, tmp_path):
    desk = life.desk
    before, files = everything(desk), sorted(path for path in tmp_path.rglob("*"))
    content = {path: path.read_bytes() for path in files if path.suffix == ".db"}
    mails = len(list((tmp_path / "mailbox" / "new").iterdir()))
    forecast(desk.app, Asked(until=UNTIL, assume=(f"A-2026-002:avancement={REPORTED}", f"pilote-equipements:absence={TODAY}..{FILED}")))
    assert everything(desk) == before
    assert {path: path.read_bytes() for path in content} == content
    assert len(list((tmp_path / "mailbox" / "new").iterdir())) == mails
    assert sorted(path for path in tmp_path.rglob("*")) == files


def test_the_same_home_at_the_same_moment_gives_the_same_forecast(light_life):
    asked = Asked(until=UNTIL, assume=("A-2026-002:jalon:1=+10",))
    assert forecast(light_life.desk.app, asked) == forecast(light_life.desk.app, asked)


@pytest.mark.parametrize(
    "asked", [Asked(action="a-2026-001"), Asked(person="cotech-04"), Asked(person="pilote-equipements"), Asked(body="COPIL")]
)
def test_what_is_asked_for_is_all_of_it_and_nothing_else(light_life, asked):
    app = light_life.desk.app
    every, found = forecast(app, Asked()).lines, forecast(app, asked)
    assert found.lines == tuple(line for line in every if found.wanted.holds(line))
    assert 0 < len(found.lines) < len(every)


def test_it_goes_six_months_far_unless_a_day_is_named(light_desk):
    assert forecast(light_desk.app, Asked()).until == date(2027, 4, 5)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (Asked(until=TODAY - timedelta(days=1)), "forecast.until_past"),
        (Asked(until=date(2040, 1, 1)), "forecast.too_far"),
        (Asked(action="A-2026-099"), "action_unknown"),
        (Asked(person="personne"), "person_unknown"),
        (Asked(body="cotec"), "forecast.body"),
        (Asked(convention="autre"), "convention_unknown"),
    ],
)
def test_what_does_not_exist_is_refused(light_desk, asked, code):
    with pytest.raises(Refused) as refused:
        forecast(light_desk.app, asked)
    assert [problem.code for problem in refused.value.problems] == [code]


def test_a_line_keeps_its_key_while_time_passes(light_life):
    app = light_life.desk.app
    before = forecast(app, Asked(until=UNTIL)).lines
    light_life.until(TODAY + timedelta(days=20))
    later = {line.key: line.day for line in forecast(app, Asked(until=UNTIL)).lines}
    assert later == {line.key: line.day for line in before if line.day > TODAY + timedelta(days=20)}
