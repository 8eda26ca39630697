import socket
from ipaddress import IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.hosts import HostError, Hosts, is_host, is_public, plain
from notifications.message import DeliveryError


def admitted(hosts, host):
    """By which addresses a host may be reached, or why not."""
    try:
        return hosts.admit(host)
    except HostError as refused:
        error = refused
    assert (error.permanent, "PASSERELLE_CHAT_HOSTS" in error.text, host in error.text) == (True, True, False)
    return error.reason


@pytest.fixture
def names(monkeypatch):
    """What the name service answers."""
    known = {}

    def answer(name, port, **_):
        if name not in known:
            raise socket.gaierror("not known")
        return [(socket.AF_INET6 if ":" in one else socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port or 0)) for one in known[name]]

    monkeypatch.setattr("socket.getaddrinfo", answer)
    return known


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "127.1", "2130706433", "0x7f000001", "017700000001", "0", "127.0.0.1.", "localhost", "LOCALHOST."),
        *("[::1]", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "fec0::1"),
        *("10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.1", "fe80::1", "fd00::1"),
        *("224.0.0.1", "ff02::1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "2001:db8::1", "127\u3002\u0030\u30020.1"),
    ],
)
def test_no_spelling_of_an_address_inside_leads_there(host):
    assert admitted(Hosts(), host) == "host_not_public"


@pytest.mark.parametrize("host", ["1.1.1.1", "2606:4700::1111", "[2606:4700::1111]", "64:ff9b::101:101"])
def test_a_public_address_is_admitted_as_itself(host):
    assert admitted(Hosts(), host) == (str(ip_address(plain(host))),)


def test_a_name_is_judged_by_every_address_it_has(names):
    names |= {"chat.ville.example": ["1.1.1.1", "2606:4700::1111"], "sly.example": ["1.1.1.1", "10.0.0.1"]}
    assert admitted(Hosts(), "Chat.Ville.Example.") == ("1.1.1.1", "2606:4700::1111")
    assert admitted(Hosts(), "sly.example") == "host_not_public"


def test_a_name_that_has_no_address_now_may_have_one_later(names):  # noqa: ARG001  # nothing is known
    with pytest.raises(DeliveryError, match="no address now") as error:
        Hosts().admit("chat.ville.example")
    assert (error.value.permanent, error.value.uncertain) == (False, False)


@pytest.mark.parametrize(
    ("host", "answer"),
    [
        ("chat.ville.example", ("chat.ville.example",)),
        ("CHAT.ville.example.", ("chat.ville.example",)),
        ("deep.er.univ.example", ("deep.er.univ.example",)),
        ("10.1.2.3", ("10.1.2.3",)),
        ("salon-été.example", ("xn--salon-t-gyab.example",)),
        *(
            (host, "host_not_listed")
            for host in ("univ.example", "xuniv.example", "chat.ville.example.evil.example", "167838211", "1.1.1.1")
        ),
    ],
)
def test_once_hosts_are_listed_no_other_is_admitted_and_those_may_lie_inside(host, answer):
    listed = Hosts(["chat.ville.example", "*.univ.example", "10.1.2.3", "salon-été.example"])
    assert admitted(listed, host) == answer


@pytest.mark.parametrize(
    ("listed", "known"),
    [
        *(
            (host, True)
            for host in ("chat.ville.example", "*.ville.example", "mattermost", "10.1.2.3", "::1", "[::1]", "salon-été.example")
        ),
        *(
            (host, False)
            for host in ("*", "*.example", "*.*.example", "https://chat.example", "chat.example:443", "a b", "10.1.2", "", "-a")
        ),
    ],
)
def test_what_can_be_listed(listed, known):
    assert is_host(listed) is known


@given(st.ip_addresses(v=4))
def test_an_address_of_the_old_kind_is_judged_the_same_in_every_dress(address):
    dressed = (IPv6Address(f"::ffff:{address}"), IPv6Address(f"64:ff9b::{address}"), IPv6Address((0x2002 << 112) | (int(address) << 80)))
    assert {is_public(one) for one in dressed} == {is_public(address)}
