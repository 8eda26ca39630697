"""Budgets: what somebody spends is theirs alone, and nobody gives it back by spending another's."""

import pytest
from starlette.requests import Request

from portal.limits import Limits, TooMany, caller


def spent(limits, kind, who):
    """Whether a budget of one try is used up."""
    try:
        limits.spend(kind, who, tries=1, seconds=60)
    except TooMany:
        return True
    return False


def came_from(host):
    return caller(Request({"type": "http", "client": (host, 40_000) if host else None}))


def test_a_budget_stays_spent_however_many_of_another_kind_are_asked_for():
    limits = Limits(lambda: 0.0)
    spent(limits, "link", "192.0.2.1")
    for number in range(10_001):
        spent(limits, "renew", f"{number}")
    assert (spent(limits, "link", "192.0.2.1"), spent(limits, "renew", "10000"), spent(limits, "renew", "0")) == (True, True, False)


@pytest.mark.parametrize(
    ("host", "counted"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("a socket", "a socket"),
        (None, "?"),
    ],
)
def test_who_may_choose_among_addresses_is_counted_by_the_network_that_is_theirs(host, counted):
    assert came_from(host) == counted
