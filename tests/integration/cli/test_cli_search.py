"""``passerelle search``: what the portal finds, for people and programs; and an index that is mended."""

import pytest
from builders import provision

from models.tables import DOCUMENT
from services.doctor import examine
from services.search.index import catch_up


def test_words_are_found_for_people_and_for_programs(light_desk, passerelle):
    number = light_desk.propose(provision(7, title="Le parc du Héron"))
    light_desk.propose(provision(7, title="Le lac"))
    assert number in passerelle("search", "PARCS", "heron").out
    found = passerelle("search", "parc", "--kind", "action", "--state", "submitted", "--json").data
    assert [(row["number"], row["head"], row["marks"][0]) for row in found["results"]] == [(number, "Le parc du Héron", "parc")]
    assert found["more"] is False
    assert passerelle("search", '"parc du Héron"', "--json").data["results"][0]["number"] == number
    assert passerelle("search", "introuvable").out == "Rien à montrer.\n"


def test_more_than_the_limit_is_said(light_desk, passerelle):
    for _ in range(3):
        light_desk.propose(provision(7, title="Le parc"))
    assert "Il y en a d'autres" in passerelle("search", "parc", "--limit", "2").out
    assert passerelle("search", "parc", "--limit", "2", "--json").data["more"] is True


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (('"parc',), "un guillemet n'est pas refermé"),
        (("parc", "--kind", "avis"), "choisissez parmi action, decision, file"),
        (("parc", "--state", "perdue"), "n'est pas un état"),
    ],
)
def test_what_cannot_be_looked_for_is_refused_with_its_remedy(light_desk, passerelle, asked, said):  # noqa: ARG001  # the home
    refused = passerelle("search", *asked)
    assert (refused.code, said in refused.err.replace("\u00a0", " ")) == (2, True)


def test_the_doctor_finds_an_index_that_is_wrong_and_rebuild_mends_it(light_desk, passerelle):
    number = light_desk.propose(provision(7, title="Le parc"))
    catch_up(light_desk.app)
    assert levels(light_desk) == {"search": "right"}
    with light_desk.app.db.write() as connection:
        connection.execute(DOCUMENT.delete())
    assert levels(light_desk) == {"search_wrong": "mend", "search_missing": "mend"}
    assert "1 actions" in passerelle("search", "--rebuild").err
    assert levels(light_desk) == {"search": "right"}
    light_desk.propose(provision(7, title="Le lac"))
    assert levels(light_desk) == {"search": "right", "search_waiting": "look"}
    assert passerelle("search", "parc", "--json").data["results"][0]["number"] == number


def levels(desk):
    return {check.name: check.level for check in examine(desk.app.settings) if check.name.startswith("search")}
