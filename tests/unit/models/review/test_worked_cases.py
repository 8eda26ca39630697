"""Worked cases that a jurist can read: what was said and how each attended, and the quorum, the majority and the verdict that follow."""

import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from models.review.rules import OpinionValue, Presence, ReviewRules
from models.review.verdict import is_settled, reach_verdict
from models.review.votes import Vote

FILES = sorted((Path(__file__).parent / "cases").glob("*.yaml"))
CASES = [pytest.param(case, id=f"{file.stem}: {case['title']}") for file in FILES for case in YAML(typ="safe").load(file)]
COMMON = {"decides": "verdict", "opinion_delay": 15, "delay_unit": "working_days", "opinions": tuple(OpinionValue)}
HEAD = re.compile(r"(\d+) (\w+)(?: ([\w-]+))?")
ATTENDANCE = {presence.value: presence for presence in Presence} | {"recused-in-meeting": Presence.RECUSED}


def rules_of(case):
    return ReviewRules(**COMMON | {"majority": "simple", "silence": "not_counted"} | case["rules"])


def seats_of(partner, line):
    """The seats that a line such as ``2 favourable remote, weight 3`` stands for."""
    head, *more = line.split(", ")
    count, opinion, how = HEAD.fullmatch(head).groups()
    said = None if opinion == "silent" else OpinionValue(opinion)
    declared = how == "recused"
    extra = {"presence": ATTENDANCE[how] if how and not declared else None, "recused": declared, "chair": "chair" in more}
    named = {key: value for entry in more for key, _, value in [entry.rpartition(" ")] if key}
    assert set(named) <= {"weight", "named", "proxy held by"}
    for n in range(int(count)):
        seat = named.get("named", f"{partner}: {line} #{n}")
        yield Vote(seat, said, int(named.get("weight", 1)), partner=partner, holder=named.get("proxy held by"), **extra)


def votes_of(case):
    return tuple(vote for partner, lines in case["seats"].items() for line in lines for vote in seats_of(partner, line))


def pair(text):
    return tuple(int(part) for part in text.split(" of "))


def test_there_are_enough_cases_and_each_has_its_source():
    cases = [parameter.values[0] for parameter in CASES]
    assert len(cases) >= 120
    assert [case["title"] for case in cases if not case["source"].strip()] == []
    assert len({case["title"] for case in cases}) == len(cases)


@pytest.mark.parametrize("case", CASES)
def test_a_case_has_its_quorum_its_majority_and_its_verdict(case):
    votes, rules = votes_of(case), rules_of(case)
    verdict = reach_verdict(votes, rules, case.get("vacant", {}), second=case.get("second", False))
    assert {
        "quorum": (verdict.there, verdict.quorum_needed),
        "majority": (verdict.in_favour, verdict.base),
        "verdict": verdict.result,
        "casting": verdict.casting_vote,
        "colleges": dict(verdict.colleges),
    } == {
        "quorum": pair(case["quorum"]),
        "majority": pair(case["majority"]),
        "verdict": case["verdict"],
        "casting": case.get("casting", False),
        "colleges": {partner: pair(text) for partner, text in case.get("colleges", {}).items()},
    }


@pytest.mark.parametrize("case", [case for case in CASES if "settled" in case.values[0]])
def test_a_review_may_close_early_only_once_its_result_is_settled(case):
    assert is_settled(votes_of(case), rules_of(case), case.get("vacant", {})) is case["settled"]
