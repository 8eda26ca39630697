"""A proxy is wanted by several at the same moment: one wins, the other is told in a typed refusal, and no seat counts twice."""

import pytest
from builders import body_of, changed_charter
from faults.rivals import at_once, codes, done
from faults.truth import chronicle_faults

from models.tables import Opinion, Proxy
from services.audit import verify
from services.forms import GiveProxyForm, OpinionForm, ProxyOpinionForm, RevokeProxyForm
from services.review_file import review_files

ROUNDS = 6
GIVER, HOLDER, OTHER = "COTECH-03", "COTECH-05", "COTECH-06"


@pytest.fixture
def office(desk, tmp_path):
    """The real desk on each database, whose technical committee knows one proxy a holder; sound when all is over."""
    yield desk.under(changed_charter(tmp_path / "proxies.yaml", lambda it: body_of(it, "cotech")["rules"].update(proxies_per_holder=1)))
    assert (chronicle_faults(desk.app), verify(desk.app).findings) == ([], ())


def giving(number, seat=GIVER, holder=HOLDER):
    return GiveProxyForm(seat=seat, action=number, body="cotech", holder=holder)


def revoking(number):
    return RevokeProxyForm(seat=GIVER, action=number, body="cotech")


def voting(number, opinion="favourable"):
    return ProxyOpinionForm(seat=HOLDER, action=number, body="cotech", voter=GIVER, opinion=opinion)


def answering(number):
    return OpinionForm(seat=GIVER, action=number, body="cotech", voter=GIVER, opinion="abstention")


def all_at_once(office, *forms):
    return at_once(*(lambda form=form: office.ask(form) for form in forms))


def standing(office, number):
    """What stands for the giver."""
    review = office.last_round(number, "cotech").id
    return [(row.value, row.holder) for row in office.rows(Opinion, review_id=review, seat=GIVER) if not row.superseded]


def test_a_vote_and_the_revocation_of_its_proxy_exclude_each_other(office):
    for _ in range(ROUNDS):
        number = office.to_technical()
        office.ask(giving(number))
        answers = all_at_once(office, voting(number), revoking(number))
        assert (len(done(answers)), len(codes(answers))) == (1, 1)
        [proxy] = office.rows(Proxy, action_id=office.action(number).id)
        if proxy.revoked_on is None:
            assert (codes(answers), standing(office, number)) == (["Refused: proxy_used"], [("favourable", HOLDER)])
        else:
            assert (codes(answers), standing(office, number)) == (["Refused: proxies_none"], [])


def test_the_giver_and_the_holder_who_answer_at_once_count_once_and_the_giver_prevails(office):
    for _ in range(ROUNDS):
        number = office.to_technical()
        office.ask(giving(number))
        answers = all_at_once(office, voting(number), answering(number))
        assert codes(answers) in ([], ["Refused: giver_answered"])
        assert standing(office, number) == [("abstention", None)]
        assert review_files(office.app, number, body="cotech")[-1]["figures"]["answered"] == 1


def test_of_two_who_give_the_same_member_their_last_proxy_one_is_told_that_there_is_no_room(office):
    for _ in range(ROUNDS):
        number = office.to_technical()
        answers = all_at_once(office, giving(number), giving(number, OTHER))
        assert (len(done(answers)), codes(answers)) == (1, ["Refused: proxies_too_many"])
        assert len(office.rows(Proxy, action_id=office.action(number).id)) == 1


def test_two_who_give_their_proxy_to_each_other_at_once_do_not_form_a_circle(office):
    for _ in range(ROUNDS):
        number = office.to_technical()
        answers = all_at_once(office, giving(number, GIVER, HOLDER), giving(number, HOLDER, GIVER))
        assert (len(done(answers)), codes(answers)) == (1, ["Refused: proxy_passed_on"])


def test_one_who_gives_two_proxies_at_once_has_given_one(office):
    for _ in range(ROUNDS):
        number = office.to_technical()
        answers = all_at_once(office, giving(number), giving(number, GIVER, OTHER))
        assert (len(done(answers)), codes(answers)) == (1, ["Refused: proxy_given_already"])
