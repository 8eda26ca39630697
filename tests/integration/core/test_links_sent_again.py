"""What is sent again bears links of its own: those of the first sending stay what they were, revoked or too old."""

import re
from datetime import timedelta

import pytest
from builders import Desk
from faults.telling_cases import deliver, with_a_digest_due

from models.errors import Refused
from models.tables import Delivery, Person, Seat, table
from services.bearers import bearer_of
from services.invitations import LASTS, invitation
from services.links import ANSWER, secret_of, token_of
from services.people import void_links
from services.resending import Chosen, resend, resend_all
from services.visitors import ask_to_sign_in, may_sign_in_with, sign_in_with

_DELIVERY = table(Delivery)
VOTER, ELSEWHERE = "COTECH-05", "corrigee@ailleurs.example"


def change(desk: Desk, statement):
    with desk.app.db.write() as connection:
        connection.execute(statement)


def first_token(desk, delivery):
    """The token that the first sending of a delivery bore."""
    return token_of(secret_of(desk.app.db), delivery.id)


def tokens_to(sink, address):
    """Every token in the mails to an address, the oldest mail first."""
    mails = [mail for mail in sink.mails() if mail["To"].addresses[0].addr_spec == address]
    return [
        token
        for mail in mails
        for token in dict.fromkeys(re.findall(r"/(?:avis|connexion|preferences)/([\w-]{43})", mail.get_body(("plain",)).get_content()))
    ]


def lost(desk, which, moment):
    """These were lost; since then the address of their person was corrected, and every link to the former one revoked."""
    change(desk, _DELIVERY.update().where(which).values(state="dead", reason="refused"))
    [person_id] = {row.person_id for row in desk.rows(Delivery, state="dead")}
    change(desk, table(Person).update().where(table(Person).c.id == person_id).values(email=ELSEWHERE))
    with desk.app.db.write() as connection:
        void_links(connection, person_id, moment)


def hindrance(desk, token):
    return invitation(desk.app, token, ANSWER).hindrance


def refused(ask, *given):
    with pytest.raises(Refused) as why:
        ask(*given)
    return why.value.problems[0].code


@pytest.fixture
def asked(desk, sink):
    """The mail that asks a member for an opinion."""
    desk.through(sink.url).to_technical()
    [held] = desk.rows(Seat, code=VOTER)
    [mail] = desk.rows(Delivery, message="opinion-requested", person_id=held.person_id)
    return mail


def test_a_revoked_link_stays_revoked_and_the_mail_that_is_sent_again_bears_one_that_serves(desk, sink, asked):
    desk.watch.advance(minutes=1)
    lost(desk, _DELIVERY.c.id == asked.id, desk.watch.moment)
    desk.watch.advance(minutes=1)
    resend(desk.app, asked.id)
    deliver(desk)
    [fresh] = set(tokens_to(sink, ELSEWHERE))
    assert (hindrance(desk, first_token(desk, asked)), hindrance(desk, fresh)) == ("link_revoked", None)
    assert (refused(bearer_of, desk.app, first_token(desk, asked)), bearer_of(desk.app, fresh).person_id) == (
        "link_revoked",
        asked.person_id,
    )


def test_a_link_that_is_too_old_stays_void_and_each_sending_ends_the_one_before(desk, asked):
    change(desk, _DELIVERY.update().where(_DELIVERY.c.id == asked.id).values(state="uncertain", created_at=desk.watch.moment - LASTS * 2))
    tokens = [first_token(desk, asked)]
    assert hindrance(desk, tokens[0]) == "link_expired"
    for _ in range(2):
        change(desk, _DELIVERY.update().where(_DELIVERY.c.id == asked.id).values(state="uncertain"))
        resend(desk.app, asked.id)
        [row] = desk.rows(Delivery, id=asked.id)
        tokens.append(token_of(secret_of(desk.app.db), row.link_id))
    assert (hindrance(desk, tokens[0]), hindrance(desk, tokens[2])) == ("link_revoked", None)
    assert len(set(tokens)) == 3


def test_a_link_to_sign_in_that_is_sent_again_serves_once_and_the_former_never(desk, sink):
    [clerk] = desk.rows(Person, code="secretariat-cotech")
    ask_to_sign_in(desk.through(sink.url).app, clerk.email)
    [mail] = desk.rows(Delivery, message="sign-in")
    desk.watch.advance(minutes=30)
    lost(desk, _DELIVERY.c.id == mail.id, desk.watch.moment)
    desk.watch.advance(minutes=1)
    resend(desk.app, mail.id)
    deliver(desk)
    [fresh] = tokens_to(sink, ELSEWHERE)
    assert refused(may_sign_in_with, desk.app, first_token(desk, mail)) == "link_revoked"
    assert sign_in_with(desk.app, fresh)
    assert refused(sign_in_with, desk.app, fresh) == "sign_in_used"


def test_a_digest_and_all_that_it_tells_bear_links_of_their_own_when_it_is_sent_again(light_desk, sink):
    with_a_digest_due(light_desk.through(sink.url))
    deliver(light_desk)
    [digest] = light_desk.rows(Delivery, message="digest")
    first = [digest, *light_desk.rows(Delivery, folded_into=digest.id)]
    light_desk.watch.advance(minutes=1)
    lost(light_desk, _DELIVERY.c.id.in_([row.id for row in first]), light_desk.watch.moment)
    light_desk.watch.advance(minutes=1)
    assert resend_all(light_desk.app, Chosen()) == 1
    deliver(light_desk)
    assert {refused(bearer_of, light_desk.app, first_token(light_desk, row)) for row in first} == {"link_revoked"}
    again = [row for one in first for row in light_desk.rows(Delivery, id=one.id)]
    assert [row.state for row in again] == ["sent"] * 3
    fresh = {token_of(secret_of(light_desk.app.db), row.link_id) for row in again}
    assert {bearer_of(light_desk.app, token).person_id for token in fresh} == {digest.person_id}
    assert set(tokens_to(sink, ELSEWHERE)) <= fresh


def test_nothing_that_is_not_sent_again_changes_its_link(light_desk, sink):
    light_desk.through(sink.url).to_technical()
    deliver(light_desk)
    light_desk.watch.advance(minutes=timedelta(days=1) // timedelta(minutes=1))
    assert resend_all(light_desk.app, Chosen(("dead", "uncertain", "suppressed", "sent"))) == 0
    assert {row.link_id for row in light_desk.rows(Delivery)} == {None}
