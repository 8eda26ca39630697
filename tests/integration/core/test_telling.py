"""What people choose to be told: what waits, what is folded into one message, what is never sent; and that nothing of it is lost."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from benchmarks.lifecycle import statements_of
from builders import CLERK, PILOT, changed_charter, provision
from servers import recording_chat

from models.errors import Conflict, Refused
from models.tables import Action, Deadline, Delivery, Person, Preference, Seat, table
from notifications.kinds import KIND_OF, Kind
from services.deliveries import deliver as send_all
from services.forms import ResumeForm, StartForm, SuspendForm
from services.links import delivery_in, secret_of
from services.preferences import choose, mute, preferences_of, silence, unmute
from services.proof import prove
from services.resending import resend
from services.stages import run_deliveries
from services.wakes import work

DAILY = {"rhythm": "daily", "hour": "8", "weekday": "0"}
AT_ONCE = {"rhythm": "at_once", "hour": "8", "weekday": "0"}
NEWS = {message for message, kind in KIND_OF.items() if kind is Kind.FOLLOWING}


def person(desk, seat=CLERK):
    return desk.rows(Seat, code=seat)[0].person_id


def deliver(desk):
    desk.settle()
    return run_deliveries(desk.app, holder="test", gate=lambda: None)


def news(desk, seat=CLERK):
    """What became of each piece of news for somebody, in order."""
    rows = [row for row in desk.rows(Delivery, person_id=person(desk, seat)) if row.message in NEWS]
    return [(row.message, row.state, row.reason) for row in sorted(rows, key=lambda row: row.created_at)]


def choosing(desk, given, seat=CLERK):
    choose(desk.app, person(desk, seat), given, preferences_of(desk.app, person(desk, seat)).version)


def sent_to(sink, address="secretariat.technique@ville.example"):
    return [mail for mail in sink.mails() if mail["To"].addresses[0].addr_spec == address]


def digests(sink):
    """The digests that the technical secretary received."""
    return [mail for mail in sent_to(sink) if "nouvelles" in mail["Subject"]]


def started(desk, title="Une action"):
    number = desk.to_approved(provision(title=title))
    desk.ask(StartForm(seat=PILOT, action=number))
    return number


def test_whoever_chose_nothing_is_told_at_once(light_desk, sink):
    desk = light_desk.through(sink.url)
    started(desk)
    deliver(desk)
    assert news(desk) == [("action-started", "sent", None)]


def test_a_daily_digest_tells_everything_that_waited_once_and_the_newest_first(desk, sink):
    desk = desk.through(sink.url)
    choosing(desk, DAILY)
    first, second = started(desk, "Première"), started(desk, "Seconde")
    deliver(desk)
    desk.watch.advance(minutes=5)
    desk.report(first, 30, seat=PILOT)
    deliver(desk)
    assert {state for _, state, _ in news(desk)} == {"held"}
    assert "deliveries" not in work(desk.app.db, desk.app.clock.now(), desk.app.clock.wall())
    assert digests(sink) == []
    desk.watch.go_to(desk.today + timedelta(days=1), hour=8)
    assert work(desk.app.db, desk.app.clock.now(), desk.app.clock.wall())["deliveries"] >= 3
    deliver(desk)
    (digest,) = digests(sink)
    assert {(state, reason) for message, state, reason in news(desk) if message in ("action-started", "progress-reported")} == {
        ("sent", None)
    }
    told = digest.get_body(("plain",)).get_content()
    assert told.index("avancement reçu") < told.index("Seconde")
    assert told.index(f"{first} · Première") < told.index(f"{second} · Seconde")
    assert f"/actions/{first}" in told
    assert digest["List-Unsubscribe"] is None
    deliver(desk)
    assert len(digests(sink)) == 1


def test_digests_that_say_the_same_lead_each_reader_to_their_own_answers(desk, sink):
    desk = desk.through(sink.url)
    voters = desk.voting("cotech")
    for seat in voters:
        choosing(desk, DAILY, seat)
    numbers = [desk.to_technical(provision(title=title)) for title in ("Première", "Seconde")]
    deliver(desk)
    desk.watch.go_to(next(row.due_at.date() for row in desk.rows(Deadline) if row.kind == "review_end"), hour=9)
    deliver(desk)
    desk.watch.go_to(desk.today + timedelta(days=1), hour=9)
    deliver(desk)
    secret, seen = secret_of(desk.app.db), {}
    for seat in voters:
        (mail,) = [mail for mail in sent_to(sink, desk.rows(Person, id=person(desk, seat))[0].email) if "nouvelles" in mail["Subject"]]
        links = [set(re.findall(r"/avis/([\w-]{43})", mail.get_body((form,)).get_content())) for form in ("plain", "html")]
        assert links[0] == links[1]
        mine = [desk.rows(Delivery, id=delivery_in(secret, token))[0] for token in links[0]]
        assert {row.person_id for row in mine} == {person(desk, seat)}
        assert len(mine) == len(numbers)
        seen[seat] = links[0]
    assert len(set.union(*seen.values())) == len(voters) * len(numbers)


def test_what_waits_alone_comes_as_the_message_that_it_is(light_desk, sink):
    desk = light_desk.through(sink.url)
    number = desk.to_approved()
    deliver(desk)
    choosing(desk, DAILY)
    desk.ask(StartForm(seat=PILOT, action=number))
    deliver(desk)
    desk.watch.go_to(desk.today + timedelta(days=1), hour=8)
    deliver(desk)
    assert news(desk) == [("action-started", "sent", None)]
    assert desk.rows(Delivery, message="digest") == []
    assert [mail["Subject"].partition("] ")[2] for mail in sent_to(sink)][-1].startswith(f"[{number}] ")


def test_a_digest_that_fails_takes_what_it_told_with_it_and_brings_it_along_when_it_is_sent_again(light_desk, sink):
    desk = light_desk
    choosing(desk, DAILY)
    started(desk, "Première")
    started(desk, "Seconde")
    deliver(desk)
    desk.watch.go_to(desk.today + timedelta(days=1), hour=8)
    deliver(desk)
    (digest,) = desk.rows(Delivery, message="digest")
    assert (digest.state, {row.state for row in desk.rows(Delivery, folded_into=digest.id)}) == ("retrying", {"held"})
    for _ in range(12):
        desk.watch.advance(hours=6)
        deliver(desk)
    assert {row.state for row in (*desk.rows(Delivery, message="digest"), *desk.rows(Delivery, folded_into=digest.id))} == {"dead"}
    desk.through(sink.url)
    resend(desk.app, digest.id)
    deliver(desk)
    assert {row.state for row in (*desk.rows(Delivery, message="digest"), *desk.rows(Delivery, folded_into=digest.id))} == {"sent"}


def test_choosing_again_carries_over_to_what_waits_already(light_desk, sink):
    desk = light_desk.through(sink.url)
    choosing(desk, DAILY | {"rhythm": "weekly"})
    started(desk)
    deliver(desk)
    assert news(desk) == [("action-started", "held", "digest")]
    choosing(desk, AT_ONCE)
    deliver(desk)
    assert [state for _, state, _ in news(desk)] == ["sent"]


def test_a_kind_that_somebody_stops_is_not_sent_to_them_alone_and_says_why(light_desk, sink):
    desk = light_desk.through(sink.url)
    silence(desk.app, person(desk), Kind.FOLLOWING)
    started(desk)
    deliver(desk)
    assert news(desk) == [("action-started", "suppressed", "kind_off")]
    assert "sent" in {row.state for row in desk.rows(Delivery, person_id=person(desk), message="action-approved")}


def test_nobody_can_stop_what_is_mandatory(light_desk):
    with pytest.raises(Refused, match="kind_mandatory"):
        silence(light_desk.app, person(light_desk), Kind.DECISIONS)
    with pytest.raises(Refused, match=r"asked\.mail: choice_not_offered"):
        choosing(light_desk, AT_ONCE | {"asked.mail": "never"})


def test_a_muted_action_is_silent_until_it_is_followed_again(light_desk, sink):
    desk = light_desk.through(sink.url)
    number = started(desk)
    deliver(desk)
    action = desk.rows(Action, number=number)[0].id
    mute(desk.app, person(desk), action, None)
    desk.report(number, 30, seat=PILOT)
    deliver(desk)
    unmute(desk.app, person(desk), number)
    desk.report(number, 40, seat=PILOT)
    deliver(desk)
    assert news(desk) == [
        ("action-started", "sent", None),
        ("progress-reported", "suppressed", "action_muted"),
        ("progress-reported", "sent", None),
    ]


def test_a_snoozed_action_is_heard_of_on_the_day_that_was_chosen(light_desk, sink):
    desk = light_desk.through(sink.url)
    number = started(desk)
    deliver(desk)
    mute(desk.app, person(desk), desk.rows(Action, number=number)[0].id, desk.today + timedelta(days=7))
    with pytest.raises(Refused, match="snooze_too_short"):
        mute(desk.app, person(desk), desk.rows(Action, number=number)[0].id, desk.today)
    desk.report(number, 30, seat=PILOT)
    deliver(desk)
    assert news(desk)[-1] == ("progress-reported", "scheduled", "snoozed")
    desk.watch.go_to(desk.today + timedelta(days=7), hour=8)
    deliver(desk)
    assert news(desk)[-1][:2] == ("progress-reported", "sent")


def test_an_act_undone_within_the_window_is_told_to_nobody(light_desk, sink, tmp_path):
    desk = light_desk.through(sink.url)
    desk.under(changed_charter(tmp_path / "window.yaml", lambda it: it.update(telling={"window_minutes": 10})))
    number = started(desk)
    deliver(desk)
    desk.watch.advance(minutes=11)
    deliver(desk)
    desk.ask(SuspendForm(seat=CLERK, action=number, reason="Par erreur"))
    deliver(desk)
    desk.watch.advance(minutes=2)
    desk.ask(ResumeForm(seat=CLERK, action=number))
    deliver(desk)
    desk.watch.advance(minutes=30)
    deliver(desk)
    assert {(row.message, row.state) for row in desk.rows(Delivery) if row.message in NEWS and row.reason != "own_act"} == {
        ("action-started", "sent"),
        ("action-suspended", "cancelled"),
        ("action-resumed", "cancelled"),
    }


def test_several_acts_on_one_action_within_the_window_come_as_one_message(light_desk, sink, tmp_path):
    desk = light_desk.through(sink.url)
    desk.under(changed_charter(tmp_path / "window.yaml", lambda it: it.update(telling={"window_minutes": 10})))
    one, other = started(desk, "Première"), started(desk, "Seconde")
    desk.report(one, 30, seat=PILOT)
    deliver(desk)
    desk.watch.advance(minutes=15)
    deliver(desk)
    assert sorted(mail["Subject"].split("] ")[1] for mail in digests(sink)) == [f"[{one}", f"[{other}"]
    assert {row.state for row in desk.rows(Delivery, person_id=person(desk)) if row.message in (*NEWS, "digest")} == {"sent"}


def test_whoever_wants_it_reads_the_same_in_a_room_of_their_own_and_nobody_else_does(light_desk, sink, monkeypatch):
    desk = light_desk.through(sink.url)
    with recording_chat() as chat:
        monkeypatch.setenv("OWN_ROOM", f"json://127.0.0.1:{chat.port}/own")
        with desk.app.db.write() as connection:
            connection.execute(table(Person).update().where(table(Person).c.id == person(desk)).values(channel="env:OWN_ROOM"))
        number = started(desk)
        deliver(desk)
        assert chat.heard == []
        choosing(desk, AT_ONCE | {"following.chat": "now", "following.mail": "never"})
        desk.report(number, 30, seat=PILOT)
        deliver(desk)
        [(path, said)] = chat.heard
    assert (path, number in said["message"], f"/actions/{number}" in said["message"]) == ("/own", True, True)
    assert [(row.channel, row.state, row.reason) for row in desk.rows(Delivery, message="progress-reported", person_id=person(desk))] == [
        ("mail", "suppressed", "kind_off"),
        ("env:OWN_ROOM", "sent", None),
    ]
    assert list(prove(desk.app).gaps) == []


def test_a_sender_that_finds_nothing_asks_for_the_hour_and_one_question(light_desk, sink):
    desk = light_desk.through(sink.url)
    choosing(desk, DAILY)
    started(desk)
    deliver(desk)
    assert "held" in {row.state for row in desk.rows(Delivery)}
    with statements_of(desk.app) as heard:
        assert send_all(desk.app, gate=lambda: None, stage=None, seconds=None) == ({}, None)
    assert len([statement for statement in heard if not statement.startswith(("BEGIN", "COMMIT", "ROLLBACK"))]) == 2


@pytest.mark.parametrize(
    ("base_url", "signs"), [("https://passerelle.example", True), ("https://passerelle.example", False), ("http://x.example", True)]
)
def test_one_click_is_offered_for_what_is_optional_where_mail_programs_would_trust_it(light_desk, sink, base_url, signs):
    desk = light_desk.through(sink.url)
    desk.app = replace(desk.app, settings=replace(desk.app.settings, base_url=base_url, smtp_signs=signs))
    started(desk)
    deliver(desk)
    offering = {mail["List-Unsubscribe-Post"]: mail["List-Unsubscribe"] for mail in sink.mails() if mail["List-Unsubscribe"]}
    assert bool(offering) is (signs and base_url.startswith("https://"))
    for post, address in offering.items():
        assert post == "List-Unsubscribe=One-Click"
        assert re.fullmatch(r"<https://passerelle\.example/desabonnement/[\w-]{43}>", address)
    assert len([mail for mail in sink.mails() if mail["List-Unsubscribe"]]) == len(offering) * len(news(desk))


def test_two_windows_of_one_person_do_not_overwrite_each_other(light_desk):
    mine = person(light_desk)
    choose(light_desk.app, mine, DAILY, 0)
    with pytest.raises(Conflict, match="preferences_changed"):
        choose(light_desk.app, mine, AT_ONCE, 0)
    assert [row.rhythm for row in light_desk.rows(Preference)] == ["daily"]


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ({"rhythm": "hourly"}, "rhythm"),
        ({"hour": "24"}, "hour"),
        ({"hour": ""}, "hour"),
        ({"weekday": "7"}, "weekday"),
        ({"at_most": "0"}, "at_most"),
        ({"at_most": "³"}, "at_most"),
        ({"quiet_from": "20"}, "quiet_until"),
        ({"quiet_from": "7", "quiet_until": "7"}, "quiet_until"),
        ({"following.mail": "sometimes"}, "following.mail"),
    ],
)
def test_what_is_not_offered_is_refused_by_its_field_and_changes_nothing(light_desk, given, where):
    with pytest.raises(Refused) as refused:
        choosing(light_desk, DAILY | given)
    assert {problem.where for problem in refused.value.problems} == {where}
    assert light_desk.rows(Preference) == []
