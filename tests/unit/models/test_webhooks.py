"""Signatures as the standard publishes them, pauses that end within a day, and receivers that are given up in time."""

import re
from base64 import b64decode
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from builders import ROOT
from receivers import documented_verifier

from models.events import Topic
from models.webhooks.retries import PAUSES, TRIES, asked_wait, is_hopeless, is_of_receiver, pause_before, rest_after
from models.webhooks.signing import headers_of, key_of, shown

SECRET, MESSAGE, MOMENT = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330
BODY = b'{"test": 2432232314}'
PUBLISHED = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
"""The vector by which libraries of Standard Webhooks are tested."""
NOW = datetime(2026, 10, 5, 7, tzinfo=UTC)
DAY = timedelta(days=1)


def test_a_post_is_signed_as_the_published_vector_is():
    headers = headers_of([b64decode(SECRET.removeprefix("whsec_"))], MESSAGE, MOMENT, BODY)
    assert headers == {"webhook-id": MESSAGE, "webhook-timestamp": str(MOMENT), "webhook-signature": PUBLISHED}


def test_the_documented_verifier_takes_the_published_vector_and_nothing_else():
    good = {"webhook-id": MESSAGE, "webhook-timestamp": str(MOMENT), "webhook-signature": f"v1,{'A' * 43}= {PUBLISHED}"}
    verified = documented_verifier()
    assert verified(SECRET, good, BODY, now=MOMENT + 299) == MESSAGE
    for headers, body, late in (
        (good, BODY + b" ", 0),
        (good | {"webhook-id": "other"}, BODY, 0),
        (good | {"webhook-timestamp": str(MOMENT + 1)}, BODY, 0),
        (good | {"webhook-signature": PUBLISHED.replace("v1", "v2")}, BODY, 0),
        (good, BODY, 301),
        (good, BODY, -301),
    ):
        with pytest.raises(ValueError, match=r"not signed|too old"):
            verified(SECRET, headers, body, now=MOMENT + late)


def test_secrets_differ_by_their_name_and_by_their_home_and_are_of_the_length_that_the_standard_asks_for():
    names = [UUID(int=1), UUID(int=2)]
    keys = {key_of(home, name) for home in (b"a" * 32, b"b" * 32) for name in names}
    assert (len(keys), {len(key) for key in keys}) == (4, {32})
    assert all(b64decode(shown(key).removeprefix("whsec_")) == key for key in keys)


def test_ten_tries_take_somewhat_less_than_a_day():
    pauses = [pause_before(UUID(int=7), attempts) for attempts in range(1, TRIES + 1)]
    assert (pauses[-1], TRIES) == (None, 10)
    assert all(pause * 0.8 <= waited <= pause for pause, waited in zip(PAUSES, pauses[:-1], strict=True))
    assert timedelta(hours=18) < sum(pauses[:-1], timedelta()) < sum(PAUSES, timedelta()) < DAY


def test_a_receiver_rests_longer_each_time_and_for_ten_minutes_at_most():
    assert [rest_after(failures).total_seconds() for failures in (1, 2, 3, 4, 5, 6, 1000)] == [10, 30, 90, 270, 600, 600, 600]


@pytest.mark.parametrize(
    ("status", "of_receiver"), [(None, True), (500, True), (503, True), (429, True), (408, True), (404, False), (422, False), (302, False)]
)
def test_what_one_post_met_with_is_told_apart_from_what_all_would(status, of_receiver):
    assert is_of_receiver(status) is of_receiver


@pytest.mark.parametrize(("failures", "since", "hopeless"), [(10, DAY, True), (9, DAY, False), (500, DAY - timedelta(seconds=1), False)])
def test_a_receiver_is_given_up_after_a_day_and_ten_tries(failures, since, hopeless):
    assert is_hopeless(failures, NOW - since, NOW) is hopeless


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        (None, 0),
        ("", 0),
        ("0", 0),
        ("120", 120),
        ("-1", 0),
        ("1.5", 0),
        ("٣", 0),
        ("9" * 40, 86_400),
        ("Mon, 05 Oct 2026 07:02:00 GMT", 120),
        ("Mon, 05 Oct 2026 06:00:00 GMT", 0),
        ("Mon, 05 Oct 2099 06:00:00 -0000", 86_400),
        ("tomorrow", 0),
        ("Mon, 01 Jan 2024 00:00:00 +99999999999999999", 0),
    ],
)
def test_what_a_receiver_asks_us_to_wait_is_read_as_http_has_it(told, seconds):
    assert asked_wait(told, NOW).total_seconds() == seconds


def test_the_documentation_names_every_topic_and_the_pauses_as_they_are():
    page = (ROOT / "docs/webhooks.md").read_text(encoding="utf-8")
    topics = page.partition("### Topics")[2]
    assert re.findall(r"^\| `([a-z_]+\.[a-z_]+)` \|", topics, re.MULTILINE) == [topic.value for topic in Topic]
    said = re.search(r"^\| pause before it \| - \|(.*)\|$", page, re.MULTILINE)[1]
    units = {"s": 1, "min": 60, "h": 3600}
    pauses = [int(number) * units[unit] for number, unit in (part.split() for part in said.split("|"))]
    assert pauses == [pause.total_seconds() for pause in PAUSES]
