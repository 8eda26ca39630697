from models.events import Topic
from notifications.catalogue import CATALOGUE, CHAT, CHATTED, MESSAGES, SILENT
from notifications.context import Context


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
    assert CHATTED == ("convocation", "meeting-cancelled", "opinion-requested", "review-extended")
    assert [notice.audience in CHAT for notice in CATALOGUE["review.opened"]] == [False, False, True]


def test_only_reminders_and_news_can_be_declined():
    optional = {notice.message for notices in CATALOGUE.values() for notice in notices if not notice.mandatory}
    assert optional == {"opinion-reminder", "action-started", "progress-reported"}
    assert optional < set(MESSAGES)
