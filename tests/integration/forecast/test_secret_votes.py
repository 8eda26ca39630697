"""No forecast tells how somebody voted, nor lets it be guessed: not by what follows, not by what is refused, not by what an assumption changes."""

from datetime import timedelta

import pytest
from builders import IN_SECRET, PILOT, TODAY, body_of, changed_charter, provision
from foretold import everything

from models.errors import Refused
from models.forecasts import Silence
from services.forecast.reading import Asked, forecast

UNTIL = TODAY + timedelta(days=60)
VOTERS = ("COTECH-03", "COTECH-04", "COTECH-05")
HIDDEN = {"results": "until_closing"}
RULES = [HIDDEN, {"results": "until_voted"}, dict(IN_SECRET)]


def under(desk, tmp_path, rules):
    """The technical committee examines by these rules, and applies its verdict."""

    def change(document):
        body_of(document, "cotech")["rules"] |= {"decides": "verdict", "quorum": None, **rules}

    return desk.under(changed_charter(tmp_path / "charter.json", change))


def cast(desk, number, opinion):
    """By the voters' own hands."""
    for seat in VOTERS:
        reason = "Motif" if opinion == "unfavourable" and desk.charter().body("cotech").rules.reasons_required_for else None
        desk.execute("record_opinion", number, seat, body="cotech", voter=seat, opinion=opinion, reason=reason)
    desk.settle()


@pytest.fixture(params=RULES, ids=["until_closing", "until_voted", "secret"])
def hidden(request, light_desk, tmp_path):
    return under(light_desk, tmp_path, request.param)


def foretell(desk, *assume):
    found = forecast(desk.app, Asked(until=UNTIL, assume=assume))
    return [(line.day, line.time, line.person, line.about, line.message, line.due_on) for line in found.lines], found


def test_what_follows_a_hidden_vote_is_kept_silent_and_the_forecast_says_so(hidden):
    number = hidden.to_technical()
    cast(hidden, number, "unfavourable")
    end = hidden.reviews(number)["cotech", 1].due_on
    lines, found = foretell(hidden)
    assert found.silences == (Silence(number, "cotech", end + timedelta(days=1)),)
    assert {line[4] for line in lines if line[0] > end} == {"review-closed"}
    assert {line[4] for line in lines} >= {"opinion-reminder"}


def test_it_is_the_same_whatever_the_votes_are(hidden):
    number, other = hidden.to_technical(), hidden.to_technical()
    cast(hidden, number, "favourable")
    cast(hidden, other, "unfavourable")
    _, found = foretell(hidden)
    said = [[(line.day, line.person, line.message) for line in found.lines if line.action == action] for action in (number, other)]
    assert said[0] == said[1]
    assert {silence.action for silence in found.silences} == {number, other}


def test_without_a_vote_there_is_nothing_to_hide(hidden):
    number = hidden.to_technical()
    lines, found = foretell(hidden)
    assert not found.silences
    assert {line[4] for line in lines if line[3] == number} >= {"action-adjourned"}


def test_an_open_vote_is_followed(light_desk):
    number = light_desk.to_technical()
    light_desk.opine(number, "cotech", seats=VOTERS)
    _, found = foretell(light_desk)
    assert not found.silences


def test_what_is_assumed_after_the_closing_is_refused_alike_whether_the_rules_would_allow_it_or_not(hidden):
    number, other = hidden.to_technical(), hidden.to_technical()
    cast(hidden, number, "favourable")
    cast(hidden, other, "unfavourable")
    day = hidden.reviews(number)["cotech", 1].due_on + timedelta(days=2)
    for action in (number, other):
        with pytest.raises(Refused) as refused:
            foretell(hidden, f"{action}:avis:COPIL-03={day}")
        assert [problem.code for problem in refused.value.problems] == ["assume.silent"]


def test_an_opinion_that_might_settle_a_hidden_vote_cannot_be_assumed(light_desk, tmp_path):
    desk = under(light_desk, tmp_path, {**HIDDEN, "early_closing": True})
    number = desk.to_technical()
    cast(desk, number, "favourable")
    with pytest.raises(Refused) as refused:
        foretell(desk, f"{number}:avis:COTECH-06={TODAY + timedelta(days=2)}")
    assert [problem.code for problem in refused.value.problems] == ["assume.hidden"]


def test_an_assumed_opinion_in_a_hidden_vote_changes_only_who_is_reminded(hidden):
    number = hidden.to_technical()
    cast(hidden, number, "unfavourable")
    _, found = foretell(hidden, f"{number}:avis:COTECH-06={TODAY + timedelta(days=2)}")
    assert {(line.message, line.seat) for line in found.difference.gone} == {("opinion-reminder", "COTECH-06")}
    assert {line.message for line in found.difference.new} == {"opinion-received"}


def test_the_votes_of_the_home_stay_what_they_are(hidden):
    number = hidden.to_technical(provision(7))
    cast(hidden, number, "unfavourable")
    before = everything(hidden)
    foretell(hidden)
    assert everything(hidden) == before


def test_an_opinion_kept_in_advance_of_a_vote_that_is_hidden_meanwhile_is_hidden_too(light_desk, tmp_path):
    number = light_desk.propose()
    light_desk.execute("keep_opinion", number, PILOT, body="cotech", voter=PILOT, opinion="favourable")
    desk = under(light_desk, tmp_path, HIDDEN)
    _, found = foretell(desk)
    assert [silence.action for silence in found.silences] == [number]
