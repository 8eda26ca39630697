"""Which lines of the table of recipients a charter may have, and what it gets in place of the built-in one."""

import pytest

from models.telling.rules import Line
from notifications.catalogue import CATALOGUE, Audience
from notifications.dates import LANGUAGES
from notifications.kinds import KIND_OF, Kind
from notifications.recipients import mandatory, messages_of, notices_of, offered
from notifications.render import render
from notifications.samples import sample

EVERY = [(topic, message) for topic in CATALOGUE for message in messages_of(topic)]
PUT = (Kind.ASKED, Kind.RECEIPTS)


def test_the_built_in_table_is_one_that_a_charter_could_have():
    for topic, notices in CATALOGUE.items():
        assert [n for n in notices if n.audience not in offered(topic, n.message)] == [], topic


def test_the_built_in_table_written_as_a_charter_says_the_same():
    for topic, notices in CATALOGUE.items():
        lines = [Line(message, tuple(n.audience for n in notices if n.message == message)) for message in messages_of(topic)]
        assert sorted(notices_of(topic, {topic: lines}), key=repr) == sorted(notices, key=repr)


@pytest.mark.parametrize(("topic", "message"), EVERY)
def test_who_must_be_told_may_be_told(topic, message):
    assert set(mandatory(topic, message)) <= set(offered(topic, message))


@pytest.mark.parametrize(("topic", "message"), [pair for pair in EVERY if KIND_OF[pair[1]] in PUT])
def test_what_is_asked_or_confirmed_is_written_to_those_whom_it_concerns_and_to_nobody_else(topic, message):
    persons = [audience for audience in offered(topic, message) if audience is not Audience.BODY_CHANNEL]
    assert list(mandatory(topic, message)) == persons
    if KIND_OF[message] is Kind.RECEIPTS:
        assert offered(topic, message, copied=True) == ()


def test_those_who_get_a_copy_come_after_those_it_is_written_to():
    lines = [Line("proxy-held", ("holder",), ("proposer",)), Line("proxy-given", ("giver",))]
    told = [(notice.message, notice.because) for notice in notices_of("proxy.given", {"proxy.given": lines})]
    assert told == [("proxy-held", "holder"), ("proxy-given", "giver"), ("proxy-held", "copy:proposer")]


def test_an_empty_line_tells_nobody_and_leaves_other_topics_as_they_are():
    assert notices_of("action.started", {"action.started": ()}) == ()
    assert notices_of("action.approved", {"action.started": ()}) == CATALOGUE["action.approved"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_copy_says_that_it_is_one_and_offers_nobody_elses_link(language):
    facts = sample("progress-requested", language, "copy:any_secretary")
    mail, original = (render("progress-requested", language, facts | {"because": because}) for because in ("copy:any_secretary", "lead"))
    text, page = " ".join(mail.text.split()), " ".join(mail.html.split())
    said = {
        "fr": ("en copie, pour information, parce que vous assurez", "AUX DESTINATAIRES"),
        "en": ("copy of this message", "THOSE IT IS WRITTEN TO"),
    }
    for words in said[language]:
        assert words.lower() in text.lower()
        assert words.lower() in page.lower()
    assert ("/bilan/" in original.text, "/bilan/" in mail.text + mail.html) == (True, False)
