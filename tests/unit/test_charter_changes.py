from pathlib import Path

import pytest

from models.charter import Charter
from models.errors import Problem
from services.charters import Change, diff, digest, orphans, read_charter
from services.wording import Wording

SHIPPED = read_charter(Path(__file__).parents[2] / "deploy/charters/villeneuve-dascq-lille.yaml")


@pytest.fixture
def document():
    return SHIPPED.model_dump(mode="json")


def test_the_same_charter_has_the_same_digest_and_no_difference(document):
    again = Charter.model_validate(document)
    assert (digest(again), diff(SHIPPED, again)) == (digest(SHIPPED), [])


def test_a_changed_value_is_shown_before_and_after(document):
    document["bodies"][1]["rules"]["opinion_delay"] = 20
    new = Charter.model_validate(document)
    assert diff(SHIPPED, new) == [Change("bodies.cotech.rules.opinion_delay", 15, 20)]
    assert digest(new) != digest(SHIPPED)


def test_an_added_and_a_removed_entry_are_shown_whole(document):
    removed = document["sites"].pop(0)
    document["sites"].append({"code": "campus-sante", "name": {"fr": "Campus Santé", "en": "Health campus"}})
    assert diff(SHIPPED, Charter.model_validate(document)) == [
        Change("sites.cite-scientifique", removed, None),
        Change("sites.campus-sante", None, {"code": "campus-sante", "name": {"fr": "Campus Santé", "en": "Health campus"}}),
    ]


def test_a_new_order_is_shown_as_an_order(document):
    document["axes"].reverse()
    assert diff(SHIPPED, Charter.model_validate(document)) == [
        Change("axes (order)", ["territoire", "transitions"], ["transitions", "territoire"])
    ]


def test_a_list_of_values_is_shown_whole(document):
    document["sheet"]["required"] = ["title"]
    assert diff(SHIPPED, Charter.model_validate(document)) == [Change("sheet.required", list(SHIPPED.sheet.required), ["title"])]


def test_a_code_in_use_cannot_disappear(document):
    document["themes"].pop()
    document["convention"]["languages"] = ["fr"]
    used = {
        "themes": {"entrepreneuriat": ["A-2026-005"], "biodiversite": ["A-2026-004"]},
        "languages": {"en": [f"p-{n}" for n in range(7)]},
    }
    problems = orphans(SHIPPED, Charter.model_validate(document), used)
    assert [(problem.code, problem.where, problem.params["given"], problem.params["users"]) for problem in problems] == [
        ("charter.code_in_use", "themes", "entrepreneuriat", "A-2026-005"),
        ("charter.code_in_use", "languages", "en", "p-0, p-1, p-2, p-3, p-4, … (7)"),
    ]
    assert all(Wording(language).say_problem(problem) for problem in problems for language in ("fr", "en"))


def test_an_unused_code_may_disappear(document):
    document["sites"].pop()
    assert orphans(SHIPPED, Charter.model_validate(document), {"sites": {"pont-de-bois": ["A-2026-001"]}}) == []


def test_a_used_body_keeps_its_kind_and_a_used_objective_its_axis(document):
    document["bodies"][2]["kind"] = "technical"
    document["objectives"][0]["axis"] = "transitions"
    used = {"bodies": {"gt-recherche": ["GT-RECHERCHE-01"]}, "objectives": {"vie-locale": ["A-2026-001"]}}
    assert orphans(SHIPPED, Charter.model_validate(document), used) == [
        Problem(
            "charter.entry_moved",
            {"given": "gt-recherche", "before": "thematic", "after": "technical", "users": "GT-RECHERCHE-01"},
            "bodies.gt-recherche.kind",
        ),
        Problem(
            "charter.entry_moved",
            {"given": "vie-locale", "before": "territoire", "after": "transitions", "users": "A-2026-001"},
            "objectives.vie-locale.axis",
        ),
    ]


def test_a_first_charter_must_know_the_codes_that_are_there_already():
    assert [problem.code for problem in orphans(None, SHIPPED, {"partners": {"metropole": ["COTECH-01"]}})] == ["charter.code_in_use"]
