"""``passerelle meeting``: planned, convened, held and read on the command line."""

from datetime import timedelta

import pytest
from builders import STEERING_CLERK, body_of, changed_charter

from services.clock import local_day, wall

TODAY = local_day(wall(), "Europe/Paris")
"""The command goes by the real clock."""
DAY = f"{TODAY:%d/%m/%Y}"
FIRST = f"COPIL-S-{TODAY.year}-001"


@pytest.fixture
def number(light_desk):
    return light_desk.to_steering()


def plan(passerelle, *more):
    asked = ("--seat", STEERING_CLERK, "--body", "copil", "--held-on", DAY, "--starts-at", "14:30", "--place", "Salle 2")
    return passerelle("meeting", "plan", *asked, *more)


def test_a_meeting_is_planned_convened_opened_and_shown(light_desk, number, passerelle):
    said = plan(passerelle, "--items", "Calendrier, et divers", "--items", "Point budgétaire").out
    assert FIRST in said
    assert f"passerelle meeting convene {FIRST}" in said
    passerelle("meeting", "convene", FIRST.lower(), "--seat", STEERING_CLERK)
    moved = passerelle("meeting", "change", FIRST, "--seat", STEERING_CLERK, "--starts-at", "15h30", "--json").data
    assert (moved["state"], moved["version"]) == ("convened", 3)
    late = passerelle("meeting", "change", FIRST, "--seat", STEERING_CLERK, "--items", "Divers", "--urgency", "Vite")
    assert (late.code, "--actions" in late.err, "--urgency" in late.err) == (2, True, True)
    opened = passerelle("meeting", "open", FIRST, "--seat", STEERING_CLERK, "--present", ",".join(light_desk.voting("copil")))
    assert "ouverte" in opened.out
    shown = passerelle("meeting", "show", FIRST, "--json").data
    assert [(item["action"], item["title"]) for item in shown["agenda"]][1:] == [
        (None, "Calendrier, et divers"),
        (None, "Point budgétaire"),
    ]
    assert (shown["agenda"][0]["action"], shown["convened"]["total"], shown["quorum"][0]["there"]) == (number, 9, 6)
    page = passerelle("meeting", "show", FIRST).out
    expected = [f"Séance {FIRST}", "Lieu\u00a0: Salle 2", "0 jours francs", "Ordre du jour", "Présences à l'ouverture", "séance convoquée"]
    assert [part for part in expected if part not in page] == []
    noted = passerelle("action", "record-attendance", number, "--seat", STEERING_CLERK, "--body", "copil").out
    assert "Quorum pour ce point (copil)\u00a0: présents ou représentés 6 sur 6, il en faut 3." in noted
    assert "présences notées" in passerelle("action", "show", number).out
    [row] = passerelle("meeting", "list", "--body", "copil", "--state", "open", "--json").data
    assert (row["number"], row["items"], row["state"]) == (FIRST, 3, "open")


def test_what_is_missing_or_mistyped_is_told_by_its_option_all_at_once(number, passerelle):  # noqa: ARG001  # the home
    refused = passerelle("meeting", "plan", "--seat", STEERING_CLERK, "--held-on", "demain")
    assert refused.code == 2
    assert [name for name in ("--body", "--held-on", "--starts-at") if name not in refused.err] == []
    late = plan(passerelle, "--starts-at", "25:00")
    assert (late.code, "--starts-at" in late.err) == (2, True)
    nowhere = passerelle("meeting", "plan", "--seat", STEERING_CLERK, "--body", "copil", "--held-on", DAY, "--starts-at", "14:30")
    assert (nowhere.code, "--place" in nowhere.err) == (2, True)


def test_a_meeting_that_does_not_exist_is_refused_with_near_matches(number, passerelle):  # noqa: ARG001  # the home
    plan(passerelle)
    refused = passerelle("meeting", "show", FIRST.replace("001", "002"))
    assert (refused.code, FIRST in refused.err) == (2, True)
    again = passerelle("meeting", "open", FIRST, "--seat", STEERING_CLERK)
    assert (again.code, "prévue" in again.err, "convoquée" in again.err) == (2, True, True)
    assert passerelle("meeting", "list", "--body", "comex").code == 2
    assert passerelle("meeting", "list", "--state", "done").code == 2


def test_what_falls_due_without_an_action_is_listed(light_desk, number, passerelle, tmp_path):  # noqa: ARG001  # there is something to examine
    light_desk.under(changed_charter(tmp_path / "notice.yaml", lambda it: body_of(it, "copil")["rules"].update(notice_days=5)))
    held_on = TODAY + timedelta(days=40)
    asked = ("--seat", STEERING_CLERK, "--body", "copil", "--starts-at", "14:30", "--place", "Salle 2")
    passerelle("meeting", "plan", *asked, "--held-on", f"{held_on:%d/%m/%Y}")
    rows = passerelle("deadlines", "--json").data
    assert [(row["kind"], row["about"]) for row in rows] == [("convocation", FIRST), ("convention_end", "vda-lille")]
    assert "5 jours francs avant la séance" in passerelle("meeting", "show", FIRST).out
    assert "convocation d'une séance" in " ".join(passerelle("deadlines", "--body", "copil").out.split())
    assert passerelle("deadlines", "--body", "comex").code == 2
