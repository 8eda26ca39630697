"""Programs are told of each event, once and signed, and of nothing that is hidden or personal."""

import json

import pytest
from builders import CLERK, CONVENTION, IN_SECRET, body_of, changed_charter
from receivers import pass_on, post_everything

from models.commands import Actor, Via
from models.lifecycle import Verb
from models.tables import Event, Person, Seat, WebhookDelivery, WebhookTry, Words, table
from services.forms import SuspendForm
from services.stopping import start, stop
from services.wakes import DELIVERIES, work
from services.webhooks.owing import owe
from services.webhooks.receivers import pause, remove, renew_secret, resume


def waits(desk):
    return DELIVERIES in work(desk.app.db, desk.app.clock.now(), desk.app.clock.wall())


def test_each_event_is_posted_once_in_the_documented_envelope_and_signed(desk, receiver, subscribe):
    made = subscribe(desk, receiver.url)
    number = desk.propose()
    assert (pass_on(desk), waits(desk)) == (1, True)
    assert (post_everything(desk), waits(desk)) == ({"sent": 1}, False)
    (event,), (heard,) = desk.rows(Event), receiver.heard
    assert heard.said == {
        "version": 1,
        "id": str(event.id),
        "type": "action.proposed",
        "timestamp": "2026-10-05T07:00:00Z",
        "rehearsal": True,
        "data": {
            "convention": CONVENTION,
            "action": number,
            "body": None,
            "occurred_on": "2026-10-05",
            "recorded_at": "2026-10-05T07:00:00Z",
            "before": None,
            "after": "submitted",
            "actor": "seat",
            "page": f"{desk.app.settings.base_url}/actions/{number}",
        },
    }
    assert (heard.id, heard.path, heard.headers["host"]) == (str(event.id), "/passerelle?key=x", f"127.0.0.1:{receiver.port}")
    assert (heard.headers["content-type"], heard.is_signed_by(made.secret)) == ("application/json; charset=utf-8", True)
    assert not heard.is_signed_by("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    (row,), (tried,) = desk.rows(WebhookDelivery), desk.rows(WebhookTry)
    assert (row.state, row.event_id, row.tries) == ("sent", event.id, 1)
    assert (tried.status, tried.reason, tried.number, tried.at) == (204, None, 1, desk.watch())
    pass_on(desk)
    assert (post_everything(desk), len(receiver.heard)) == ({}, 1)


def test_a_program_is_told_of_the_topics_that_it_asked_for_and_from_then_on(desk, receiver, other, subscribe):
    desk.to_technical()
    pass_on(desk)
    subscribe(desk, receiver.url, "review.opened")
    subscribe(desk, other.url)
    number = desk.to_technical()
    pass_on(desk)
    post_everything(desk)
    assert receiver.told == [("review.opened", number)]
    assert other.told == [("action.proposed", number), ("review.opened", number)]
    assert {one.said["data"]["actor"] for one in other.heard} == {"seat", "system"}


def test_the_whole_life_of_an_action_is_told_without_a_name_an_address_a_seat_or_a_word(light_desk, receiver, subscribe):
    subscribe(light_desk, receiver.url)
    number = light_desk.to_final_report()
    light_desk.settle()
    pass_on(light_desk)
    post_everything(light_desk)
    assert len(receiver.heard) == len(light_desk.rows(Event)) > 10
    assert {number} == {one.said["data"]["action"] for one in receiver.heard}
    said = "".join(one.body.decode() for one in receiver.heard).casefold()
    persons, seats, words = light_desk.rows(Person), light_desk.rows(Seat), light_desk.rows(Words)
    personal = [person.name for person in persons] + [person.email for person in persons] + [seat.code for seat in seats]
    assert [one for one in (*personal, *(text.body for text in words), "favourable") if one.casefold() in said] == []


@pytest.mark.parametrize(
    "rules", [{"results": "until_closing"}, {"results": "until_voted"}, dict(IN_SECRET)], ids=["hidden", "half", "secret"]
)
def test_of_opinions_that_are_hidden_or_secret_nothing_is_posted(light_desk, receiver, subscribe, tmp_path, rules):
    light_desk.under(changed_charter(tmp_path / "hidden.yaml", lambda it: body_of(it, "cotech")["rules"].update(rules)))
    subscribe(light_desk, receiver.url)
    number = light_desk.to_technical()
    for seat in ("COTECH-05", "COTECH-06"):
        by_own_hand = Actor(seat=seat, via=Via.PORTAL)
        light_desk.execute(Verb.RECORD_OPINION, number, actor=by_own_hand, body="cotech", voter=seat, opinion="favourable")
    pass_on(light_desk)
    post_everything(light_desk)
    assert [event.topic for event in light_desk.rows(Event)].count("opinion.recorded") == 2
    assert receiver.told == [("action.proposed", number), ("review.opened", number)]


def test_of_open_opinions_it_is_posted_that_there_was_one(light_desk, receiver, subscribe):
    subscribe(light_desk, receiver.url, "opinion.recorded")
    number = light_desk.to_technical()
    light_desk.opine(number, "cotech", seats=("COTECH-05",))
    pass_on(light_desk)
    post_everything(light_desk)
    assert receiver.told == [("opinion.recorded", number)]
    assert "favourable" not in receiver.heard[0].body.decode()


def test_an_event_that_is_committed_after_later_ones_is_told_all_the_same(desk, receiver, subscribe):
    subscribe(desk, receiver.url)
    first, second = desk.propose(), desk.propose()
    early, late = desk.rows(Event)
    with desk.app.db.write() as connection:  # as if the first were not committed yet when the second is passed on
        rows = [{**late._asdict(), "action": second}]
        owe(connection, rows, desk.watch(), desk.app.ids)
        connection.execute(table(Event).update().where(table(Event).c.id == late.id).values(published_at=desk.watch()))
    post_everything(desk)
    assert receiver.told == [("action.proposed", second)]
    pass_on(desk)
    post_everything(desk)
    assert receiver.told == [("action.proposed", second), ("action.proposed", first)]
    assert early.position < late.position


def test_for_a_day_after_a_secret_was_changed_both_sign(light_desk, receiver, subscribe):
    made = subscribe(light_desk, receiver.url)
    renewed = renew_secret(light_desk.app, CONVENTION, made.id)
    told = []
    for hours in (0, 23, 2):
        light_desk.watch.advance(hours=hours)
        light_desk.propose()
        pass_on(light_desk)
        post_everything(light_desk)
        told.append([receiver.heard[-1].is_signed_by(secret) for secret in (made.secret, renewed.secret)])
    assert (made.secret != renewed.secret, told) == (True, [[True, True], [True, True], [False, True]])


def test_a_secret_changed_twice_within_a_day_leaves_the_one_in_use_until_the_day_is_over(light_desk, receiver, subscribe):
    made = subscribe(light_desk, receiver.url)
    twice = [renew_secret(light_desk.app, CONVENTION, made.id), renew_secret(light_desk.app, CONVENTION, made.id)]
    told = []
    for hours in (0, 23, 2):
        light_desk.watch.advance(hours=hours)
        light_desk.propose()
        pass_on(light_desk)
        post_everything(light_desk)
        told.append([receiver.heard[-1].is_signed_by(each.secret) for each in (made, *twice)])
    assert told == [[True, False, True], [True, False, True], [False, False, True]]


def test_a_secret_changed_again_on_another_day_leaves_the_last_one_for_a_day(light_desk, receiver, subscribe):
    made = subscribe(light_desk, receiver.url)
    second = renew_secret(light_desk.app, CONVENTION, made.id)
    light_desk.watch.advance(hours=24)
    third = renew_secret(light_desk.app, CONVENTION, made.id)
    light_desk.propose()
    pass_on(light_desk)
    post_everything(light_desk)
    assert [receiver.heard[-1].is_signed_by(each.secret) for each in (made, second, third)] == [False, True, True]


def test_what_happens_while_a_receiver_is_paused_waits(light_desk, receiver, subscribe):
    made = subscribe(light_desk, receiver.url)
    pause(light_desk.app, CONVENTION, made.id)
    light_desk.propose()
    pass_on(light_desk)
    assert (waits(light_desk), post_everything(light_desk)) == (False, {})
    resume(light_desk.app, CONVENTION, made.id)
    assert (waits(light_desk), post_everything(light_desk)) == (True, {"sent": 1})


def test_nothing_is_posted_while_all_messages_are_stopped(light_desk, receiver, subscribe):
    subscribe(light_desk, receiver.url)
    light_desk.propose()
    pass_on(light_desk)
    stop(light_desk.app, "essai en cours")
    assert (waits(light_desk), post_everything(light_desk)) == (False, {})
    start(light_desk.app)
    assert (post_everything(light_desk), len(receiver.heard)) == ({"sent": 1}, 1)


def test_a_gate_that_is_closed_holds_posts_back(light_desk, receiver, subscribe):
    subscribe(light_desk, receiver.url)
    light_desk.propose()
    pass_on(light_desk)
    assert (post_everything(light_desk, lambda: "paused"), receiver.heard) == ({}, [])


def test_a_receiver_that_was_removed_is_told_nothing_and_nothing_is_left_of_it(desk, receiver, subscribe):
    made = subscribe(desk, receiver.url)
    desk.propose()
    pass_on(desk)
    post_everything(desk)
    desk.propose()
    pass_on(desk)
    remove(desk.app, CONVENTION, made.id)
    assert (post_everything(desk), len(receiver.heard)) == ({}, 1)
    assert desk.rows(WebhookDelivery) + desk.rows(WebhookTry) == []


def test_what_a_body_did_is_in_the_envelope(light_desk, receiver, subscribe):
    subscribe(light_desk, receiver.url, "action.approved")
    number = light_desk.to_approved()
    pass_on(light_desk)
    post_everything(light_desk)
    (heard,) = receiver.heard
    data = heard.said["data"]
    assert (data["action"], data["body"], data["before"], data["after"]) == (number, "copil", "steering_review", "approved")


def test_the_body_of_a_post_is_the_same_bytes_in_every_try(light_desk, receiver, subscribe):
    subscribe(light_desk, receiver.url)
    receiver.answers = [500]
    light_desk.propose()
    pass_on(light_desk)
    assert post_everything(light_desk) == {"retrying": 1}
    light_desk.watch.advance(seconds=11)
    assert post_everything(light_desk) == {"sent": 1}
    first, second = receiver.heard
    assert (first.body, first.id) == (second.body, second.id)
    assert int(second.headers["webhook-timestamp"]) - int(first.headers["webhook-timestamp"]) == 11
    assert json.loads(first.body)["id"] == first.id


def test_reasons_are_never_posted(light_desk, receiver, subscribe):
    subscribe(light_desk, receiver.url)
    number = light_desk.to_work()
    light_desk.ask(SuspendForm(seat=CLERK, action=number, reason="Un motif bien à nous"))
    pass_on(light_desk)
    post_everything(light_desk)
    assert ("action.suspended", number) in receiver.told
    assert not any("motif bien" in one.body.decode() for one in receiver.heard)
