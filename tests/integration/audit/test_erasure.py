"""Somebody's words, name and address can be deleted for good, and the audit stays green and says so."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from builders import CLERK, CONVENTION, provision

from models.commands import Actor, Via
from models.errors import NotFound, Problem, Refused
from models.lifecycle import State, Verb
from models.tables import (
    Account,
    Bounce,
    Decision,
    Delivery,
    Event,
    Feed,
    Foretold,
    Mute,
    Opinion,
    Person,
    Preference,
    Request,
    Seat,
    Token,
    Wish,
    Words,
    table,
)
from services import queries
from services.absences import note_absence
from services.audit import verify
from services.erasure import erase
from services.feed_addresses import Whose, renew
from services.preferences import choose, mute
from services.stages import run_deliveries
from services.tokens import make

MEMBER, DEPUTY = "COTECH-06", "COTECH-08"
SECRET = "Je m'oppose au tracé par la rue des Lilas"


def seat_ends(desk, seat, *, days=1):
    """The seat's holder left so many days ago."""
    with desk.app.db.write() as connection:
        rows = table(Seat)
        connection.execute(rows.update().where(rows.c.code == seat).values(ends_on=desk.today - timedelta(days=days)))


def person_of(desk, seat):
    (row,) = desk.rows(Seat, code=seat)
    return desk.rows(Person, id=row.person_id)[0]


@pytest.fixture
def left(desk):
    """A member who gave a reasoned opinion, typed in by the secretary, then left."""
    number = desk.to_technical()
    desk.execute(Verb.RECORD_OPINION, number, body="cotech", voter=MEMBER, opinion="unfavourable", reason=SECRET)
    desk.watch.advance(days=2)
    seat_ends(desk, MEMBER)
    return number


def test_the_words_of_somebody_who_left_go_and_the_audit_stays_green(desk, left):
    before = verify(desk.app)
    done = erase(desk.app, MEMBER, carry_out=True)
    after = verify(desk.app)
    assert (done.seats, done.texts, done.done) == ((MEMBER,), {"reason": 1}, True)
    assert (before.agrees, before.erased, after.agrees, after.erased) == (True, 0, True, 1)
    assert (after.texts, after.events) == (before.texts - 1, before.events)
    assert [row.value for row in desk.rows(Opinion)] == ["unfavourable"]
    assert desk.state(left) is State.TECHNICAL_REVIEW


def test_nothing_of_the_words_is_left_in_the_files_of_the_database(light_desk, tmp_path):
    number = light_desk.to_technical()
    light_desk.execute(Verb.RECORD_OPINION, number, body="cotech", voter=MEMBER, opinion="unfavourable", reason=SECRET)
    light_desk.watch.advance(days=2)
    seat_ends(light_desk, MEMBER)
    person, (words,) = person_of(light_desk, MEMBER), light_desk.rows(Words, kind="reason")
    secrets = [text.encode() for text in (SECRET, words.salt, person.name, person.email)]

    def traces():
        found = b"".join(path.read_bytes() for path in tmp_path.glob("passerelle.db*"))
        return [secret in found for secret in secrets]

    assert traces() == [True] * 4
    erase(light_desk.app, MEMBER, carry_out=True)
    assert traces() == [False] * 4


def test_a_rehearsal_says_what_would_go_and_changes_nothing(desk, left):
    assert left
    before = desk.counts()
    found = erase(desk.app, person_of(desk, MEMBER).code)
    assert (found.texts, found.done, desk.counts()) == ({"reason": 1}, False, before)
    assert desk.rows(Words, kind="reason")[0].body == SECRET
    assert person_of(desk, MEMBER).email != "erased@passerelle.example"


def test_the_name_the_address_and_the_channel_go_and_the_seat_stays(desk, left):
    assert left
    with desk.app.db.write() as connection:
        connection.execute(table(Person).update().values(channel="env:MEMBER_ROOM"))
    erase(desk.app, MEMBER, carry_out=True)
    person = person_of(desk, MEMBER)
    assert (person.name, person.email, person.channel) == ("Personne effacée", "erased@passerelle.example", None)


def test_what_the_mail_servers_answered_goes_and_no_message_leaves_any_more(desk, left, sink):
    assert left
    person = person_of(desk, MEMBER)
    rows = table(Delivery)
    mine = [row.id for row in desk.rows(Delivery, person_id=person.id)]
    with desk.app.db.write() as connection:
        connection.execute(rows.update().where(rows.c.id == mine[0]).values(state="sent", answer=f"250 <{person.email}> accepted"))
        copy = {**connection.execute(sa.select(rows).where(rows.c.id == mine[0])).mappings().one(), "event_id": None}
        for n, state in enumerate(("ready", "uncertain"), 1):
            own = {"id": desk.app.ids(), "unique_key": f"more-{n}", "state": state, "answer": person.email}
            connection.execute(rows.insert().values(**{**copy, **own}))
    done = erase(desk.through(sink.url).app, MEMBER, carry_out=True)
    run_deliveries(desk.app, holder="test", gate=lambda: None)
    found = [(row.state, row.reason, row.answer) for row in desk.rows(Delivery, person_id=person.id)]
    assert sorted(found) == [("cancelled", "erased", None), ("cancelled", "erased", None), ("sent", None, None)]
    assert (done.messages, done.cancelled) == (3, 1)
    assert [mail for mail in sink.mails() if person.name in str(mail["To"])] == []


def test_what_waits_for_a_better_hour_never_leaves_and_what_they_chose_to_be_told_goes(desk, left):
    person = person_of(desk, MEMBER)
    choose(desk.app, person.id, {"rhythm": "weekly", "hour": "8", "weekday": "0", "decisions.mail": "digest"}, 0)
    renew(desk.app, Whose(CONVENTION, person.id))
    make(desk.app, person.id, name="Tableau", scopes=("read",), days=30, via=Via.PORTAL)
    mute(desk.app, person.id, desk.action(left).id, None)
    rows = table(Delivery)
    mine = [row.id for row in desk.rows(Delivery, person_id=person.id)]
    with desk.app.db.write() as connection:
        known = {"issuer": "https://connexion.ville.example", "subject": "u-1", "convention": CONVENTION}
        connection.execute(table(Account).insert().values(person_id=person.id, made_at=desk.watch(), used_at=desk.watch(), **known))
        bounced = {"hard": 1, "soft": 0, "last_on": desk.today, "convention": CONVENTION}
        connection.execute(table(Bounce).insert().values(person_id=person.id, address=person.email, **bounced))
        told = {"deadline": "review_end.cotech.1", "due_on": desk.today, "convention": CONVENTION, "told_in": desk.app.ids()}
        connection.execute(table(Foretold).insert().values(person_id=person.id, action_id=desk.action(left).id, **told))
        copy = {**connection.execute(sa.select(rows).where(rows.c.id == mine[0])).mappings().one(), "event_id": None}
        connection.execute(rows.delete().where(rows.c.id.in_(mine)))
        digest = desk.app.ids()
        for n, (state, into) in enumerate((("scheduled", None), ("held", None), ("ready", None), ("held", digest))):
            own = {"id": digest if state == "ready" else desk.app.ids(), "unique_key": f"more-{n}", "state": state, "folded_into": into}
            connection.execute(rows.insert().values(**{**copy, **own}))
    assert (erase(desk.app, MEMBER).cancelled, erase(desk.app, MEMBER, carry_out=True).cancelled) == (4, 4)
    assert {(row.state, row.reason) for row in desk.rows(Delivery, person_id=person.id)} == {("cancelled", "erased")}
    assert [desk.rows(kind) for kind in (Preference, Wish, Mute, Bounce, Feed, Foretold, Account, Token)] == [[]] * 8


def test_the_operators_are_told_without_a_name(desk, left, sink):
    assert left
    name = person_of(desk, MEMBER).name
    erase(desk.through(sink.url).app, MEMBER, carry_out=True)
    run_deliveries(desk.app, holder="test", gate=lambda: None)
    (mail,) = [mail for mail in sink.mails() if "textes effacés" in str(mail["Subject"])]
    text = mail.get_body(("plain",)).get_content()
    assert MEMBER in text
    assert name not in text


def test_the_convention_keeps_its_own_record(desk):
    number = desk.to_steering()
    desk.decide(number, "approve", reference="Compte rendu 12", reason="Le comité approuve")
    desk.settle()
    desk.execute(Verb.AMEND, number, seat=CLERK, sheet=provision(title="Un autre titre"))
    desk.watch.advance(days=2)
    for seat in ("COPIL-02", CLERK):
        seat_ends(desk, seat)
    found = erase(desk.app, "COPIL-02", carry_out=True), erase(desk.app, CLERK, carry_out=True)
    assert [(each.texts, each.kept) for each in found] == [({"reason": 1}, {"reason": 1, "reference": 1}), ({"sheet": 1}, {"sheet": 1})]
    audit, decision = verify(desk.app), desk.rows(Decision, outcome="approve")[0]
    assert (audit.agrees, audit.erased) == (True, 2)
    assert (decision.reference, desk.rows(Words, id=decision.words_id)[0].body) == ("Compte rendu 12", "Le comité approuve")


def test_an_action_whose_texts_were_erased_can_still_be_shown_and_goes_on(desk, left):
    erase(desk.app, MEMBER, carry_out=True)
    shown = queries.show_action(desk.app, left)
    assert shown["number"] == left
    desk.opine(left, "cotech", seats=("COTECH-01", "COTECH-03"))
    desk.watch.advance(days=60)
    desk.settle()
    assert verify(desk.app).agrees


def test_the_hash_of_a_request_that_an_earlier_release_kept_goes_too(desk, left):
    event = desk.events(left)[-1]
    with desk.app.db.write() as connection:
        answer = {"number": left, "state": "technical_review", "version": 3, "event": str(event.id)}
        row = {"key": "an-old-key", "convention": "vda-lille", "digest": "f" * 64, "answer": answer, "asked_at": event.recorded_at}
        connection.execute(table(Request).insert().values(**row))
        events = table(Event)
        connection.execute(events.update().where(events.c.id == event.id).values(on_behalf_of=MEMBER))
    erase(desk.app, MEMBER, carry_out=True)
    assert [row.digest for row in desk.rows(Request)] == ["erased"]


def problems(desk, who):
    with pytest.raises(Refused) as refused:
        erase(desk.app, who, carry_out=True)
    return refused.value.problems


def test_somebody_in_office_who_answers_for_an_action_is_not_erased(desk):
    number = desk.to_technical()
    person = person_of(desk, "COTECH-04")
    assert problems(desk, person.code) == (
        Problem("person_in_office", {"seats": "COTECH-04"}),
        Problem("person_leads", {"actions": number}),
    )
    assert person_of(desk, "COTECH-04") == person


def test_somebody_to_whom_a_message_is_leaving_is_not_erased(desk, left):
    assert left
    rows, person = table(Delivery), person_of(desk, MEMBER)
    with desk.app.db.write() as connection:
        connection.execute(rows.update().where(rows.c.person_id == person.id).values(state="sending"))
    assert [problem.code for problem in problems(desk, MEMBER)] == ["person_message_leaving"]


def test_somebody_is_erased_once(desk, left):
    assert left
    erase(desk.app, MEMBER, carry_out=True)
    assert problems(desk, MEMBER) == (Problem("person_erased"),)


def test_an_unknown_person_is_told_with_near_matches(light_desk):
    with pytest.raises(NotFound) as unknown:
        erase(light_desk.app, "secretariat-copi")
    assert unknown.value.problems[0].params["near"].startswith("secretariat-copil")


def test_what_a_deputy_wrote_for_an_absent_member_goes_with_the_deputy(desk):
    note_absence(desk.app, CONVENTION, person_of(desk, MEMBER).code, {"starts_on": "2026-10-05", "ends_on": "2026-10-06", "deputy": DEPUTY})
    number = desk.to_technical()
    actor = Actor(seat=DEPUTY, on_behalf_of=MEMBER, via=Via.LINK)
    desk.execute(Verb.RECORD_OPINION, number, actor=actor, body="cotech", voter=MEMBER, opinion="unfavourable", reason=SECRET)
    desk.watch.advance(days=2)
    seat_ends(desk, DEPUTY)
    assert erase(desk.app, DEPUTY, carry_out=True).texts == {"reason": 1}
    assert (verify(desk.app).agrees, [row.seat for row in desk.rows(Opinion)]) == (True, [MEMBER])


def test_what_a_secretary_typed_in_for_others_does_not_go_with_the_secretary(desk):
    number = desk.to_technical()
    desk.opine(number, "cotech", "unfavourable", seats=(MEMBER,))
    desk.watch.advance(days=2)
    seat_ends(desk, CLERK)
    assert "reason" not in erase(desk.app, CLERK).texts
