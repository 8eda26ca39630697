"""Proxies as an algebra: whatever is asked in whatever order, what the rules let through never counts a seat twice nor passes a proxy on."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from builders import CONVENTION, TODAY, provision, real_charter
from hypothesis import given
from hypothesis import strategies as st

from models.commands import COMMANDS, Actor, Via
from models.conflicts import Cause
from models.facts import KnownFacts, ReviewFacts
from models.guards import GUARDS
from models.lifecycle import State, Verb, find_move
from models.proxies import Proxy, Said, held_by, link_in, of_giver
from models.review.rules import OpinionValue
from models.review.verdict import reach_verdict
from models.review.votes import Vote

SEATS = ("COTECH-01", "COTECH-03", "COTECH-04", "COTECH-05")
EVENT = UUID(int=1)
DAYS = st.integers(0, 6).map(lambda n: TODAY + timedelta(days=n))
PROXIES = st.builds(Proxy, st.sampled_from(SEATS), st.sampled_from(SEATS), DAYS, st.none() | DAYS, st.just(EVENT))
OPINIONS = st.sampled_from((OpinionValue.FAVOURABLE, OpinionValue.ABSTENTION, OpinionValue.NO_PART))
ASKED = st.fixed_dictionaries(
    {
        "what": st.sampled_from(("give", "give", "revoke", "use", "use", "answer", "recuse", "wait")),
        "giver": st.sampled_from(SEATS),
        "holder": st.sampled_from(SEATS),
        "opinion": OPINIONS,
        "until": st.none() | DAYS,
    }
)


@dataclass
class World:
    """A review as the guards see it, changed only by what they let through."""

    per_holder: int
    today: date = TODAY
    proxies: list[Proxy] = field(default_factory=list)
    said: dict[str, Said] = field(default_factory=dict)
    out: dict[str, Cause] = field(default_factory=dict)

    @property
    def rules(self):
        return real_charter().body("cotech").rules.model_copy(update={"proxies_per_holder": self.per_holder})

    def facts(self):
        charter = real_charter()
        bodies = tuple(body.model_copy(update={"rules": self.rules}) if body.code == "cotech" else body for body in charter.bodies)
        review = ReviewFacts(
            id=1,
            body="cotech",
            round=1,
            opened_on=TODAY,
            due_on=TODAY + timedelta(days=9),
            open=True,
            electorate=SEATS,
            answered=frozenset(self.said),
        )
        return KnownFacts(
            charter=charter.model_copy(update={"bodies": bodies}),
            today=self.today,
            action_id=1,
            state=State.TECHNICAL_REVIEW,
            sheet=provision(),
            reviews=(review,),
            given=tuple(self.proxies),
            answers=dict(self.said),
            out=dict(self.out),
        )

    def lets(self, verb, seat, **more):
        """Whether every condition of a move but the asker's capacity is met."""
        common = {"convention": CONVENTION, "action": "A-2026-001", "occurred_on": self.today, "key": "key-00001", "body": "cotech"}
        command = COMMANDS[verb](verb=verb, actor=Actor(seat=seat, via=Via.PORTAL), **common, **more)
        known = self.facts()
        return all(GUARDS[name](known, command) is None for name in find_move(State.TECHNICAL_REVIEW, verb).guards)

    def ask(self, what, giver, holder, opinion, until):
        if what == "wait":
            self.today += timedelta(days=1)
        elif what == "recuse":
            self.out[giver] = Cause.DECLARED
            self.said = {seat: said for seat, said in self.said.items() if giver not in (seat, said.holder)}
        elif what == "give" and self.lets(Verb.GIVE_PROXY, giver, giver=giver, holder=holder, until=until):
            self.proxies.append(Proxy(giver, holder, self.today, until, EVENT))
        elif what == "revoke" and self.lets(Verb.REVOKE_PROXY, giver, giver=giver):
            self.proxies.remove(of_giver(self.proxies, giver, self.today))
        elif what == "use" and self.lets(Verb.VOTE_BY_PROXY, holder, voter=giver, holder=holder, opinion=opinion):
            self.said[giver] = Said(opinion, holder)
        elif what == "answer" and self.lets(Verb.RECORD_OPINION, giver, voter=giver, opinion=opinion):
            self.said[giver] = Said(opinion)

    def votes(self):
        answers = {seat: (OpinionValue(said.value), said.holder) for seat, said in self.said.items()}
        return [
            Vote(seat, answers.get(seat, (None, None))[0], recused=seat in self.out, holder=answers.get(seat, (None, None))[1])
            for seat in SEATS
        ]


@given(st.integers(1, 2), st.lists(ASKED, max_size=14))
def test_whatever_is_asked_the_rules_hold(per_holder, asked):
    world = World(per_holder)
    for one in asked:
        world.ask(**one)
        standing = [proxy for proxy in world.proxies if proxy.lasts(world.today)]
        givers, holders = Counter(proxy.giver for proxy in standing), Counter(proxy.holder for proxy in standing)
        assert max(givers.values(), default=0) <= 1
        assert max(holders.values(), default=0) <= per_holder
        assert not givers.keys() & holders.keys()
        used = Counter(said.holder for said in world.said.values() if said.holder)
        assert max(used.values(), default=0) <= per_holder
        assert all(seat != said.holder for seat, said in world.said.items())
        assert not world.said.keys() & world.out.keys()


@given(st.integers(1, 2), st.lists(ASKED, max_size=14))
def test_no_seat_counts_more_than_once_and_none_through_a_holder_who_takes_no_part(per_holder, asked):
    world = World(per_holder)
    for one in asked:
        world.ask(**one)
    verdict = reach_verdict(world.votes(), world.rules)
    out = {seat for seat in SEATS if seat in world.out or (seat in world.said and world.said[seat].value == OpinionValue.NO_PART)}
    counted = [seat for seat, said in world.said.items() if seat not in out and said.holder not in out]
    assert (verdict.answered, verdict.in_favour + verdict.abstained) == (len(counted), len(counted))


@given(st.integers(1, 2), st.lists(ASKED, max_size=14), st.sampled_from(SEATS), OPINIONS)
def test_who_answers_themself_is_counted_as_they_said_whatever_was_done_by_proxy(per_holder, asked, seat, opinion):
    world = World(per_holder)
    for one in asked:
        world.ask(**one)
    if seat not in world.out:
        world.ask("answer", seat, seat, opinion, None)
        assert world.said[seat] == Said(opinion)
        assert not any(world.lets(Verb.VOTE_BY_PROXY, other, voter=seat, holder=other, opinion="favourable") for other in SEATS)


@given(st.lists(PROXIES, max_size=6), st.sampled_from(SEATS), st.sampled_from(SEATS), DAYS)
def test_a_proxy_would_be_passed_on_exactly_where_two_would_form_a_chain(proxies, giver, holder, today):
    standing = [proxy for proxy in proxies if proxy.lasts(today)]
    chained = any(proxy.holder == giver or (proxy.giver == holder != giver) for proxy in standing)
    assert (link_in(proxies, giver, holder, today) is not None) == chained
    assert {proxy.giver for proxy in held_by(proxies, holder, today)} == {proxy.giver for proxy in standing if proxy.holder == holder}


@given(PROXIES, DAYS, DAYS)
def test_a_proxy_serves_on_days_from_the_first_to_the_last(proxy, one, other):
    first, last = sorted((one, other))
    every = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    assert proxy.serves(first, last) == all(proxy.given_on <= day and (proxy.until is None or day <= proxy.until) for day in every)
