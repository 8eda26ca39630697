"""Conditions on proxies: who may give one to whom, who may use it, and until when it may be taken back."""

from models.commands import Command, GiveProxy, RevokeProxy, VoteByProxy
from models.errors import Problem
from models.facts import Facts
from models.guards.table import guard
from models.proxies import held_by, link_in, of_giver
from models.review.rules import OpinionValue


@guard
def proxies_allowed(facts: Facts, command: Command) -> Problem | None:
    """The charter says whether a body knows proxies; a secret ballot knows none, since whoever votes for another knows what was chosen."""
    rules = facts.rules(command.body)
    allowed = rules is not None and rules.proxies_per_holder > 0 and rules.ballot != "secret"
    return None if allowed else Problem("proxies_not_allowed", {"body": command.body or "-"})


@guard
def giver_asked(facts: Facts, command: Command) -> Problem | None:
    """Whoever gives a proxy is asked in this review, and takes part in it."""
    return _asked(facts, command.body, command.giver, "giver") if isinstance(command, GiveProxy) else None


@guard
def holder_asked(facts: Facts, command: Command) -> Problem | None:
    """Whoever holds a proxy is another member who is asked in this review, still in office, and takes part in it."""
    if not isinstance(command, GiveProxy | VoteByProxy):
        return None
    if isinstance(command, GiveProxy) and command.holder == command.giver:
        return Problem("proxy_to_oneself", {"seat": command.giver})
    if not facts.in_office(command.holder):
        return Problem("holder_gone", {"seat": command.holder})
    return _asked(facts, command.body, command.holder, "holder")


def _asked(facts: Facts, body: str | None, seat: str, part: str) -> Problem | None:
    """What keeps a seat from giving or holding a proxy in a review."""
    review = facts.latest(body)
    if review is None or seat not in review.electorate:
        asked = ", ".join(review.electorate) if review else "-"
        return Problem("giver_not_asked" if part == "giver" else "holder_not_asked", {"seat": seat, "asked": asked})
    said, cause = facts.said(body).get(seat), facts.recused(body).get(seat)
    if cause is not None:
        return Problem("giver_recused" if part == "giver" else "holder_recused", {"seat": seat, "cause": cause})
    if part == "holder" and said is not None and said.value == OpinionValue.NO_PART:
        return Problem("holder_takes_no_part", {"seat": seat})
    return None


@guard
def giver_silent(facts: Facts, command: Command) -> Problem | None:
    """Whoever has answered themself is not represented: their own opinion stands."""
    if not isinstance(command, GiveProxy | VoteByProxy):
        return None
    giver = command.giver if isinstance(command, GiveProxy) else command.voter
    said = facts.said(command.body).get(giver) if giver != command.holder else None
    return Problem("giver_answered", {"seat": giver}) if said is not None and said.holder != command.holder else None


@guard
def proxy_new(facts: Facts, command: Command) -> Problem | None:
    """A seat gives one proxy at a time."""
    known = of_giver(facts.proxies(command.body), command.giver, facts.today) if isinstance(command, GiveProxy) else None
    return Problem("proxy_given_already", {"seat": known.giver, "holder": known.holder}) if known else None


@guard
def proxy_room(facts: Facts, command: Command) -> Problem | None:
    """Nobody holds more proxies than the charter says, nor gives more opinions by them."""
    rules = facts.rules(command.body)
    if rules is None or not isinstance(command, GiveProxy | VoteByProxy):
        return None
    if isinstance(command, GiveProxy) and command.holder == command.giver:
        return None
    if isinstance(command, GiveProxy):
        others = {proxy.giver for proxy in held_by(facts.proxies(command.body), command.holder, facts.today)}
    else:
        others = {seat for seat, said in facts.said(command.body).items() if said.holder == command.holder} - {command.voter}
    full = len(others) >= rules.proxies_per_holder > 0
    return Problem("proxies_too_many", {"seat": command.holder, "limit": rules.proxies_per_holder}) if full else None


@guard
def proxy_not_passed_on(facts: Facts, command: Command) -> Problem | None:
    """A proxy is not passed on: whoever gives theirs holds none, and whoever holds one has not given theirs."""
    if not isinstance(command, GiveProxy):
        return None
    link = link_in(facts.proxies(command.body), command.giver, command.holder, facts.today)
    return Problem("proxy_passed_on", {"seat": link}) if link else None


@guard
def proxy_to_come(facts: Facts, command: Command) -> Problem | None:
    """A proxy serves at least today, and on the day from which it is given."""
    if not isinstance(command, GiveProxy) or command.until is None or command.until >= max(facts.today, command.occurred_on):
        return None
    return Problem("proxy_over_already", {"until": command.until.isoformat()})


@guard
def proxy_stands(facts: Facts, command: Command) -> Problem | None:
    """An opinion is given by a proxy that stands, on the day of the opinion and today."""
    if not isinstance(command, VoteByProxy):
        return None
    days = sorted((command.occurred_on, facts.today))
    held = held_by(facts.proxies(command.body), command.holder, facts.today)
    stands = any(proxy.giver == command.voter and proxy.serves(days[0], days[1]) for proxy in held)
    if stands:
        return None
    if not held:
        return _none(facts, command.body) or Problem("proxy_held_none", {"seat": command.holder})
    return Problem("proxy_absent", {"seat": command.voter, "holder": command.holder})


@guard
def proxy_known(facts: Facts, command: Command) -> Problem | None:
    """Only a proxy that was given and is not over can be taken back."""
    if not isinstance(command, RevokeProxy):
        return None
    known = of_giver(facts.proxies(command.body), command.giver, facts.today)
    return None if known else _none(facts, command.body) or Problem("proxy_none", {"seat": command.giver})


def _none(facts: Facts, body: str | None) -> Problem | None:
    """That no proxy at all stands in a review, if that is so."""
    return None if any(proxy.lasts(facts.today) for proxy in facts.proxies(body)) else Problem("proxies_none")


@guard
def proxy_unused(facts: Facts, command: Command) -> Problem | None:
    """A proxy that was used stands; the giver's own opinion takes its place until the review is closed."""
    said = facts.said(command.body).get(command.giver) if isinstance(command, RevokeProxy) else None
    return Problem("proxy_used", {"holder": said.holder}) if said is not None and said.holder is not None else None
