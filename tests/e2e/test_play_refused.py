"""Where ``passerelle play`` must not be played: nothing is touched, and the remedy is told."""

import pytest

pytestmark = pytest.mark.slow


def test_a_live_home_is_refused(house):
    assert house.type("init", "--live").returncode == 0
    answer = house.type("play")
    assert (answer.returncode, answer.stdout) == (2, "")
    assert "cette maison est réelle\u00a0: la visite guidée ne joue que dans une répétition" in answer.stderr
    assert house.list("events") == []


def test_a_home_that_does_not_run_is_refused_with_the_command_to_start_it(house):
    assert house.type("init").returncode == 0
    answer = house.type("play")
    assert (answer.returncode, answer.stdout) == (2, "")
    assert "cette maison ne tourne pas\u00a0: lancez «\u00a0passerelle run\u00a0» dans un autre terminal" in answer.stderr


def test_a_home_that_does_not_exist_is_refused(house):
    answer = house.type("play")
    assert (answer.returncode, answer.stdout) == (2, "")
    assert "n'est pas encore une maison Passerelle" in answer.stderr


@pytest.mark.parametrize(("language", "words"), [("fr", "fast, calm"), ("en", "fast, calm")])
def test_an_unknown_pace_is_refused_with_those_that_exist(house, language, words):
    house.environment["PASSERELLE_LANGUAGE"] = language
    assert house.type("init").returncode == 0
    answer = house.type("play", "--speed", "slow")
    assert answer.returncode == 2
    assert words in answer.stderr
