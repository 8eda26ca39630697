from models.events import Topic
from notifications.catalogue import CATALOGUE, CHAT, CHATTED, MESSAGES, SILENT
from notifications.context import Context
from notifications.kinds import KIND_OF, OPTIONAL, PATIENT, Kind


def test_every_topic_of_the_log_has_its_line():
    assert set(CATALOGUE) == {topic.value for topic in Topic}


def test_a_topic_nobody_is_told_of_says_why():
    assert {topic for topic, notices in CATALOGUE.items() if not notices} == set(SILENT)


def test_no_audience_gets_the_same_message_twice_for_one_event():
    for topic, notices in CATALOGUE.items():
        pairs = [(notice.message, notice.audience) for notice in notices]
        assert len(pairs) == len(set(pairs)), topic


def test_an_object_a_message_needs_is_a_key_of_the_context():
    needed = {notice.needs for notices in CATALOGUE.values() for notice in notices if notice.needs}
    assert needed == {"milestone", "missing"}
    assert needed <= set(Context.__annotations__)


def test_an_opinion_is_asked_of_voters_and_their_deputies_by_mail_and_of_the_body_by_chat():
    told = [(notice.message, notice.audience.value) for notice in CATALOGUE["review.opened"]]
    assert told == [("opinion-requested", "voter"), ("opinion-requested", "deputy"), ("opinion-requested", "body_channel")]
    assert CHATTED == ("convocation", "meeting-cancelled", "meeting-changed", "opinion-requested", "review-extended")
    assert [notice.audience in CHAT for notice in CATALOGUE["review.opened"]] == [False, False, True]


def test_every_message_is_of_one_kind():
    assert set(KIND_OF) == set(MESSAGES)


def test_only_reminders_and_news_can_be_declined():
    assert {KIND_OF[message] for message in OPTIONAL} == {Kind.REMINDERS, Kind.FOLLOWING}
    assert "opinion-requested" not in OPTIONAL
    assert "action-approved" not in OPTIONAL


def test_what_asks_for_something_and_what_confirms_an_act_never_waits():
    assert {KIND_OF[message] for message in PATIENT} == {Kind.REMINDERS, Kind.DECISIONS, Kind.FOLLOWING}
    assert OPTIONAL < PATIENT
