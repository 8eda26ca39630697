"""What a return says of an address, and when an address is given up. The cases are the rule: each names what the server said."""

from datetime import date, timedelta

import pytest

from models.telling.bounces import STALE_AFTER, Tally, Weight, counted, is_dead, weigh

DAY = date(2026, 10, 5)
HARD, SOFT, NONE = Weight.HARD, Weight.SOFT, Weight.NONE


@pytest.mark.parametrize(
    ("code", "status", "said", "weight"),
    [
        (550, "5.1.1", "user unknown", HARD),
        (550, "5.1.2", "bad destination system", HARD),
        (556, "5.1.10", "the domain takes no mail (RFC 7505)", HARD),
        (550, "5.1.6", "moved, no new address", HARD),
        (550, "5.2.1", "mailbox disabled", HARD),
        (550, "5.4.1", "recipient address rejected: access denied", HARD),
        (550, "5.0.0", "undefined", HARD),
        (None, "5.1.1", "from a report without a reply", HARD),
        (552, "5.2.2", "mailbox full", SOFT),
        (450, "4.2.0", "greylisted", SOFT),
        (None, "4.4.7", "delivery time expired", SOFT),
        (553, "5.1.8", "bad sender's system", NONE),
        (552, "5.2.3", "message too long", NONE),
        (552, "5.3.4", "too big for the system", NONE),
        (554, "5.6.0", "content", NONE),
        (550, "5.7.1", "delivery not authorized", NONE),
        (550, "5.7.26", "unauthenticated mail", NONE),
        (550, None, "no such mailbox", HARD),
        (551, None, "user not local", HARD),
        (552, None, "exceeded storage", SOFT),
        (452, None, "too many recipients", SOFT),
        (550, None, "blocked using a list of spam", NONE),
        (554, None, "transaction failed", NONE),
        (None, None, "nothing was said", NONE),
    ],
)
def test_what_a_refusal_says_of_the_address(code, status, said, weight):
    assert weigh(code, status, said) is weight


def after(*returns):
    """The tally after returns, each: days after the first, weight, status."""
    tally = None
    for days, weight, status in returns:
        tally = counted(tally, weight, status, DAY + timedelta(days))
    return tally


@pytest.mark.parametrize(
    ("returns", "hard", "soft", "dead"),
    [
        ([(0, HARD, "5.1.1")], 1, 0, True),
        ([(0, HARD, "5.1.10")], 1, 0, True),
        ([(0, HARD, "5.2.1")], 1, 0, False),
        ([(0, HARD, None)], 1, 0, False),
        ([(0, HARD, None), (0, HARD, None)], 1, 0, False),
        ([(0, HARD, None), (1, HARD, None)], 2, 0, True),
        ([(0, HARD, "5.2.1"), (0, HARD, "5.1.1")], 1, 0, True),
        ([(0, SOFT, "4.2.0"), (0, HARD, "5.2.1")], 1, 0, False),
        ([(0, HARD, "5.2.1"), (0, SOFT, "4.2.0")], 1, 0, False),
        ([(day, SOFT, "4.2.2") for day in range(30)], 0, 30, False),
        ([(0, HARD, None), (STALE_AFTER.days, HARD, None)], 2, 0, True),
        ([(0, HARD, None), (STALE_AFTER.days + 1, HARD, None)], 1, 0, False),
    ],
)
def test_an_address_is_given_up_after_two_days_of_refusals_or_one_that_says_nobody_is_there(returns, hard, soft, dead):
    tally = after(*returns)
    assert (tally.hard, tally.soft, is_dead(tally)) == (hard, soft, dead)


def test_a_day_on_which_the_clock_went_back_counts_no_second_time():
    tally = Tally(1, 0, DAY, "5.2.1")
    assert counted(tally, HARD, "5.2.1", DAY - timedelta(1)) == tally
