from uuid import UUID

import pytest

from cli.play_paths import PATHS, Mark, Path, lived
from cli.play_steps import EXTRAS, PROVISIONS, Ask, Role
from cli.play_story import CHAPTERS
from models.events import Topic
from models.lifecycle import State, Verb

STEPS = [step for chapter in CHAPTERS for turns in chapter.stories.values() for turn in turns for step in turn]


def event(topic, actor="COTECH-02", **payload):
    return {"topic": topic, "actor": actor, "payload": payload}


def path(*marks):
    return Path("some", Role.CLOSED, State.CLOSED, marks)


ADJOURNED, OPENED = event(Topic.ACTION_ADJOURNED), event(Topic.REVIEW_OPENED)
OPINION = Mark(Topic.OPINION_RECORDED, {"opinion": "favourable"})
SAME_VOTER = Mark(Topic.OPINION_RECORDED, {"opinion": "favourable"}, same="voter")
BY_ITSELF = Mark(Topic.REVIEW_CLOSED, {"verdict.result": "no_quorum"}, automatic=True)
AGAINST = event(Topic.OPINION_RECORDED, opinion="unfavourable", voter="COTECH-04")
FOR = event(Topic.OPINION_RECORDED, opinion="favourable", voter="COTECH-04")
ANOTHER = event(Topic.OPINION_RECORDED, opinion="favourable", voter="COTECH-05")


@pytest.mark.parametrize(
    ("marks", "log", "answer"),
    [
        ((), [], True),
        ((Mark(Topic.ACTION_ADJOURNED),), [], False),
        ((Mark(Topic.ACTION_ADJOURNED), Mark(Topic.REVIEW_OPENED)), [OPENED, ADJOURNED, OPENED], True),
        ((Mark(Topic.ACTION_ADJOURNED), Mark(Topic.REVIEW_OPENED)), [OPENED, ADJOURNED], False),
        ((Mark(Topic.ACTION_ADJOURNED), Mark(Topic.ACTION_ADJOURNED)), [ADJOURNED], False),
        ((OPINION,), [AGAINST], False),
        ((OPINION,), [AGAINST, FOR], True),
        ((Mark(Topic.OPINION_RECORDED), SAME_VOTER), [AGAINST, ANOTHER], False),
        ((Mark(Topic.OPINION_RECORDED), SAME_VOTER), [AGAINST, ANOTHER, FOR], True),
        ((Mark(Topic.FACT_RECTIFIED, reasoned=True),), [event(Topic.FACT_RECTIFIED)], False),
        ((Mark(Topic.FACT_RECTIFIED, reasoned=True),), [event(Topic.FACT_RECTIFIED, reason_id=str(UUID(int=1)))], True),
        ((BY_ITSELF,), [event(Topic.REVIEW_CLOSED, verdict={"result": "no_quorum"})], False),
        ((BY_ITSELF,), [event(Topic.REVIEW_CLOSED, "system", verdict={"result": "favourable"})], False),
        ((BY_ITSELF,), [event(Topic.REVIEW_CLOSED, "system", verdict={"result": "no_quorum"})], True),
    ],
)
def test_a_path_is_lived_when_its_marks_stand_in_the_log_in_order(marks, log, answer):
    assert lived(path(*marks), log) is answer


def test_every_action_on_stage_proves_a_path_and_every_path_has_its_own_name():
    assert {path.role for path in PATHS} == set(Role)
    assert len({path.name for path in PATHS}) == len(PATHS)


def test_there_are_seven_provisions_and_the_extra_actions_come_last():
    assert (len(PROVISIONS), (*PROVISIONS, *EXTRAS)) == (7, tuple(Role))


def test_people_act_in_prefect_and_on_the_command_line_in_turn():
    asked = [step for step in STEPS if isinstance(step, Ask)]
    in_prefect = [step for step in asked if step.in_prefect]
    assert len(asked) / 3 < len(in_prefect) < len(asked)


def test_every_state_that_the_story_waits_for_is_where_a_person_or_a_flow_leads():
    assert {step.then for step in STEPS if step.then} == {
        State.RETURNED,
        State.WITHDRAWN,
        State.TECHNICAL_REVIEW,
        State.STEERING_REVIEW,
        State.APPROVED,
        State.REJECTED,
        State.IN_PROGRESS,
        State.SUSPENDED,
        State.ABANDONED,
        State.FINAL_REPORT_DUE,
        State.CLOSED,
    }


def test_only_the_premature_approval_is_meant_to_be_refused():
    assert [step.values["outcome"] for step in STEPS if isinstance(step, Ask) and step.refused] == [Verb.APPROVE, Verb.APPROVE]
