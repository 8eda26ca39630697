"""What is not taken is tried again for about a day; a receiver that is slow, broken or gone delays nobody else, and is switched off at last."""

import threading
import time
from datetime import timedelta
from functools import partial
from itertools import pairwise

import pytest
from builders import CLERK, CONVENTION
from receivers import pass_on, post_everything

from models.errors import Refused
from models.tables import Delivery, Event, Person, Seat, Webhook, WebhookDelivery, WebhookTry
from models.webhooks.retries import PAUSES
from notifications.webhook import Poster
from services.stages import run_deliveries
from services.webhooks import posts
from services.webhooks.journal import posts_of, redeliver, redeliver_lost, try_receiver
from services.webhooks.keeping import KEPT
from services.webhooks.receivers import pause, receivers_of, resume


def happen(desk, times=1):
    for _ in range(times):
        desk.propose()
    pass_on(desk)


def next_try(desk):
    """The moment of the next try of anything; the clock is set to it, and a run does what is due."""
    waiting = [row.not_before for row in desk.rows(WebhookDelivery) if row.state == "retrying"]
    rests = [row.rest_until for row in desk.rows(Webhook) if row.rest_until is not None]
    desk.watch.moment = max(min(waiting), *rests, desk.watch.moment)
    return post_everything(desk)


def test_a_post_is_tried_ten_times_within_a_day_and_is_then_lost(desk, receiver, subscribe):
    subscribe(desk, receiver.url)
    receiver.always = 503
    began = desk.watch()
    happen(desk)
    states = [post_everything(desk)]
    while states[-1] == {"retrying": 1}:
        states.append(next_try(desk))
    assert states == [{"retrying": 1}] * 9 + [{"dead": 1}]
    tries = desk.rows(WebhookTry)
    pauses = [later.at - sooner.at for sooner, later in pairwise(tries)]
    assert all(pause * 0.8 <= waited <= pause for pause, waited in zip(PAUSES, pauses, strict=True))
    assert (desk.watch() - began > timedelta(hours=18), {(one.status, one.reason) for one in tries}) == (True, {(503, "refused")})
    (row,) = desk.rows(WebhookDelivery)
    assert (row.state, row.reason, row.tries) == ("dead", "gave_up", 10)
    assert len({heard.body for heard in receiver.heard}) == 1


@pytest.mark.parametrize(
    ("answer", "reason", "status"),
    [(500, "refused", 500), (404, "refused", 404), ((302, {"Location": "/elsewhere"}), "redirected", 302), ("cut", "no_answer", None)],
)
def test_whatever_is_no_success_is_tried_again_and_says_why(light_desk, receiver, subscribe, answer, reason, status):
    subscribe(light_desk, receiver.url)
    receiver.answers = [answer]
    happen(light_desk)
    assert post_everything(light_desk) == {"retrying": 1}
    (tried,) = light_desk.rows(WebhookTry)
    assert (tried.reason, tried.status, len(receiver.heard)) == (reason, status, 1)
    assert next_try(light_desk) == {"sent": 1}


@pytest.mark.parametrize(
    ("asked", "waits"),
    [
        ("3600", timedelta(hours=1)),
        ("Mon, 05 Oct 2026 09:00:00 GMT", timedelta(hours=2)),
        ("999999999999", timedelta(days=1)),
        ("Sun, 04 Oct 2026 07:00:00 GMT", timedelta(seconds=10)),
        ("soon", timedelta(seconds=10)),
    ],
)
def test_a_receiver_that_asks_us_to_wait_is_left_alone_for_so_long_and_for_a_day_at_most(light_desk, receiver, subscribe, asked, waits):
    subscribe(light_desk, receiver.url)
    receiver.answers = [(429, {"Retry-After": asked})]
    happen(light_desk, 2)
    post_everything(light_desk)
    light_desk.watch.advance(seconds=waits.total_seconds() - 1)
    before = len(receiver.heard)
    post_everything(light_desk)
    light_desk.watch.advance(seconds=1)
    post_everything(light_desk)
    assert (before, len(receiver.heard)) == (1, 3)


def test_a_receiver_that_does_not_work_is_tried_with_one_post_at_a_time_and_the_rest_follow_once_it_does(light_desk, receiver, subscribe):
    subscribe(light_desk, receiver.url)
    receiver.answers = [500, 500, 500]
    happen(light_desk, 5)
    heard = []
    for _ in range(4):
        post_everything(light_desk)
        heard.append(len(receiver.heard))
        light_desk.watch.moment = max(
            light_desk.watch.moment, *(row.rest_until or light_desk.watch.moment for row in light_desk.rows(Webhook))
        )
    assert heard[:3] == [1, 2, 3]
    light_desk.watch.advance(hours=2)
    post_everything(light_desk)
    assert {row.state for row in light_desk.rows(WebhookDelivery)} == {"sent"}
    assert light_desk.rows(Webhook)[0].failures == 0


def test_a_post_that_a_receiver_will_not_have_delays_no_other(light_desk, receiver, subscribe):
    subscribe(light_desk, receiver.url)
    receiver.answers = [422]
    happen(light_desk, 3)
    assert post_everything(light_desk) == {"retrying": 1, "sent": 2}


def test_a_receiver_that_is_gone_is_switched_off_at_once_and_those_who_can_mend_it_are_told(desk, receiver, subscribe):
    made = subscribe(desk, receiver.url)
    receiver.always = 410
    happen(desk, 3)
    post_everything(desk)
    (hook,) = desk.rows(Webhook)
    assert (hook.state, hook.reason, len(receiver.heard)) == ("off", "gone", 1)
    assert {(row.state, row.reason) for row in desk.rows(WebhookDelivery)} == {("dead", "switched_off"), ("dead", "switched_off")}
    (clerk,) = desk.rows(Person, id=desk.rows(Seat, code=CLERK)[0].person_id)
    told = desk.rows(Delivery, message="webhook-off")
    assert [(row.person_id, row.details) for row in told] == [(clerk.id, {"webhook": made.id, "host": "127.0.0.1"})]
    assert len(desk.rows(Delivery, message="operators-webhook-off")) == 1
    happen(desk)
    assert (post_everything(desk), len(desk.rows(WebhookDelivery))) == ({}, 3)


def test_the_mails_about_a_receiver_that_is_gone_say_what_to_do(light_desk, sink, receiver, subscribe):
    light_desk.through(sink.url)
    made = subscribe(light_desk, receiver.url)
    receiver.always = 410
    happen(light_desk)
    light_desk.post()
    for _ in range(2):
        run_deliveries(light_desk.app, holder="test", gate=lambda: None)
    mails = {str(mail["Subject"]): mail.get_body(("plain",)).get_content() for mail in sink.mails()}
    of_secretary = next(text for subject, text in mails.items() if "Abonnement coupé : 127.0.0.1" in subject.replace("\u00a0", " "))
    of_operators = next(text for subject, text in mails.items() if "un abonnement est coupé" in subject)
    assert f"{light_desk.app.settings.base_url}/webhooks/{made.id}" in of_secretary
    assert f"passerelle webhook resume {made.id}" in of_operators


def test_a_receiver_that_was_resumed_before_the_mail_left_is_told_to_nobody(light_desk, sink, receiver, subscribe):
    light_desk.through(sink.url)
    made = subscribe(light_desk, receiver.url)
    receiver.always = 410
    happen(light_desk)
    light_desk.post()
    try_receiver(light_desk.app, CONVENTION, made.id)
    resume(light_desk.app, CONVENTION, made.id)
    receiver.always = 204
    run_deliveries(light_desk.app, holder="test", gate=lambda: None)
    assert {row.state for row in light_desk.rows(Delivery, message="webhook-off")} == {"cancelled"}


def test_a_receiver_that_takes_nothing_for_a_day_is_switched_off(desk, receiver, subscribe):
    made = subscribe(desk, receiver.url)
    receiver.always = 500
    began = desk.watch()
    happen(desk, 2)
    post_everything(desk)
    while any(row.state == "retrying" for row in desk.rows(WebhookDelivery)):
        next_try(desk)
    desk.watch.moment = began + timedelta(days=1, seconds=-1)
    happen(desk, 2)
    post_everything(desk)
    assert desk.rows(Webhook)[0].state == "on"
    desk.watch.advance(minutes=11)
    post_everything(desk)
    (hook,) = desk.rows(Webhook)
    assert (hook.state, hook.reason, hook.failing_since) == ("off", "failing", began)
    assert {(row.state, row.reason) for row in desk.rows(WebhookDelivery)} == {("dead", "gave_up"), ("dead", "switched_off")}
    receiver.always = 204
    with pytest.raises(Refused, match="webhook_off"):
        redeliver_lost(desk.app, CONVENTION, made.id)
    resume(desk.app, CONVENTION, made.id)
    lost = len(desk.rows(WebhookDelivery))
    assert redeliver_lost(desk.app, CONVENTION, made.id) == lost
    assert post_everything(desk) == {"sent": lost}
    assert {heard.id for heard in receiver.heard} >= {str(row.event_id) for row in desk.rows(WebhookDelivery)}


def test_a_machine_that_was_off_for_a_week_switches_no_receiver_off(light_desk, receiver, subscribe):
    subscribe(light_desk, receiver.url)
    receiver.answers = [500, 500]
    happen(light_desk)
    post_everything(light_desk)
    light_desk.watch.advance(days=7)
    assert (post_everything(light_desk), light_desk.rows(Webhook)[0].state) == ({"retrying": 1}, "on")


def test_a_silent_receiver_delays_neither_other_receivers_nor_mails(light_desk, sink, receiver, other, subscribe, monkeypatch):
    desk = light_desk.through(sink.url)
    monkeypatch.setattr(posts, "Poster", partial(Poster, seconds=3.0))
    receiver.always = "silent"
    for told in (receiver, other):
        subscribe(desk, told.url)
    happen(desk, 3)
    desk.settle()
    began = time.monotonic()
    ended = threading.Thread(target=run_deliveries, args=(desk.app,), kwargs={"holder": "test", "gate": lambda: None})
    ended.start()
    while (len(other.heard), len(sink.mails())) < (3, 3) and time.monotonic() - began < 2.8:
        time.sleep(0.02)
    assert (len(other.heard), len(sink.mails()) >= 3, len(receiver.heard), desk.rows(WebhookTry)[-1].reason) == (3, True, 1, None)
    happen(desk)  # what comes meanwhile does not wait for the silent one either
    while len(other.heard) < 7 and time.monotonic() - began < 2.8:
        time.sleep(0.02)
    assert len(other.heard) == 7
    ended.join()
    (slow,) = [row for row in desk.rows(WebhookTry) if row.reason is not None]
    assert (slow.reason, 2_900 < slow.milliseconds < 6_000) == ("timeout", True)


def test_a_test_says_what_came_of_it_and_is_neither_tried_again_nor_counted(light_desk, receiver, subscribe):
    made = subscribe(light_desk, receiver.url)
    posted = try_receiver(light_desk.app, CONVENTION, made.id)
    (heard,) = receiver.heard
    assert (posted.state, posted.topic, posted.tries[0].status) == ("sent", "webhook.test", 204)
    assert (heard.said["type"], heard.said["data"]["convention"], heard.is_signed_by(made.secret)) == ("webhook.test", CONVENTION, True)
    with pytest.raises(Refused, match="webhook_tried_just_now"):
        try_receiver(light_desk.app, CONVENTION, made.id)
    light_desk.watch.advance(seconds=21)
    receiver.always = 500
    again = try_receiver(light_desk.app, CONVENTION, made.id)
    assert (again.state, again.reason, light_desk.rows(Webhook)[0].failures) == ("dead", "refused", 0)
    assert post_everything(light_desk) == {}
    with pytest.raises(Refused, match="webhook_test_once"):
        redeliver(light_desk.app, CONVENTION, again.id)


def test_a_post_can_be_made_again_under_the_same_id_but_not_while_it_is_on_its_way(light_desk, receiver, subscribe):
    made = subscribe(light_desk, receiver.url)
    happen(light_desk)
    (waiting,) = posts_of(light_desk.app, CONVENTION, made.id)
    with pytest.raises(Refused, match="webhook_post_waits"):
        redeliver(light_desk.app, CONVENTION, waiting.id)
    post_everything(light_desk)
    redeliver(light_desk.app, CONVENTION, waiting.id)
    assert post_everything(light_desk) == {"sent": 1}
    first, second = receiver.heard
    assert (first.id, first.body) == (second.id, second.body)
    (posted,) = posts_of(light_desk.app, CONVENTION, made.id)
    assert [one.number for one in posted.tries] == [2, 1]
    with pytest.raises(Refused, match="webhook_post_unknown"):
        redeliver(light_desk.app, "another", waiting.id)


def test_the_log_is_kept_for_thirty_days(desk, receiver, subscribe):
    made = subscribe(desk, receiver.url)
    happen(desk)
    post_everything(desk)
    desk.watch.advance(seconds=KEPT.total_seconds())
    post_everything(desk)
    assert len(posts_of(desk.app, CONVENTION, made.id)) == 1
    desk.watch.advance(seconds=1)
    post_everything(desk)
    assert desk.rows(WebhookDelivery) + desk.rows(WebhookTry) == []
    assert len(desk.rows(Event)) == 1


def test_what_waits_for_a_paused_receiver_is_given_up_after_thirty_days(light_desk, receiver, subscribe):
    made = subscribe(light_desk, receiver.url)
    pause(light_desk.app, CONVENTION, made.id)
    happen(light_desk)
    light_desk.watch.advance(seconds=KEPT.total_seconds() + 1)
    post_everything(light_desk)
    assert [(one.state, one.reason) for one in posts_of(light_desk.app, CONVENTION, made.id)] == [("dead", "too_old")]


def test_a_list_shows_what_waits_what_was_lost_and_what_was_taken_last(light_desk, receiver, subscribe):
    made = subscribe(light_desk, receiver.url)
    receiver.answers = [204, 404]
    happen(light_desk, 2)
    post_everything(light_desk)
    (shown,) = receivers_of(light_desk.app, CONVENTION)
    assert (shown.id, shown.waiting, shown.dead, shown.taken_at) == (made.id, 1, 0, light_desk.watch())
