"""Where chat messages may go: to the hosts that the settings list, else to public ones. A host is judged by every address it has."""

import re
import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from notifications.message import DeliveryError

SETTING = "PASSERELLE_CHAT_HOSTS"
_LABEL = r"[a-z0-9_]([a-z0-9_-]*[a-z0-9])?"
_NAME = re.compile(rf"(\*\.{_LABEL}\.)?{_LABEL}(\.{_LABEL})*")
_WILDCARD = "*."
_TRANSLATED = IPv6Network("64:ff9b::/96")
"""IPv4 addresses that a network without IPv4 writes as IPv6."""
Address = IPv4Address | IPv6Address


class HostError(DeliveryError):
    """A message may not go to this host, for good. ``reason`` is a code; the text begins with it and says what to mend."""

    def __init__(self, reason: str, remedy: str) -> None:
        """The host itself is not named: a mistyped address may hold a secret there."""
        super().__init__(f"{reason}: {remedy}", permanent=True)
        self.reason = reason


class Hosts:
    """The hosts that the settings list (``chat.ville.example``, ``*.ville.example``, an IP address); if none is, every public one."""

    def __init__(self, listed: Iterable[str] = ()) -> None:
        """Names are compared without capitals and final dots. An address is listed as itself: no wildcard holds it."""
        self._listed = frozenset(map(plain, listed))

    def admit(self, host: str) -> tuple[str, ...]:
        """Return the addresses by which a host may be reached; a listed one by its name.

        Raises:
            HostError: it is not listed though others are, or one of its addresses is private, loopback, link-local, multicast or reserved.
            DeliveryError: the name has no address now; try again later.
        """
        name = plain(host)
        if self.lists(name):
            return (name,)
        if self._listed:
            raise HostError("host_not_listed", f"the host of this channel is not among those of {SETTING}; add it there, then restart")
        found = addresses_of(name)
        if not all(map(is_public, found)):
            raise HostError(
                "host_not_public", f"the host of this channel lies in a private or reserved network; list it in {SETTING} if it is yours"
            )
        return tuple(map(str, found))

    def lists(self, host: str) -> bool:
        """Whether a host is among those that are listed, by name or after a ``*.``."""
        name = plain(host)
        if name in self._listed:
            return True
        _, *parents = name.split(".")
        return not _is_address(name) and any(f"{_WILDCARD}{'.'.join(parents[n:])}" in self._listed for n in range(len(parents)))


def plain(host: str) -> str:
    """Return a host as it is compared: small letters, no final dot, no brackets, other alphabets as the name service writes them."""
    bare = host.strip("[]").rstrip(".")
    try:
        return bare.encode("idna").decode().lower()
    except UnicodeError:
        return bare.lower()


def is_host(listed: str) -> bool:
    """Whether a text can stand in a list of hosts: a name, a name after ``*.``, or an address."""
    name = plain(listed)
    return _is_address(name) or (_NAME.fullmatch(name) is not None and not name.replace(".", "").isdigit())


def is_public(address: Address) -> bool:
    """Whether an address is one of the whole internet's; an IPv4 address inside an IPv6 one is judged as itself."""
    inner = _inside(address) if isinstance(address, IPv6Address) else None
    if inner is not None:
        return is_public(inner)
    if isinstance(address, IPv6Address) and address.is_site_local:
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


def _inside(address: IPv6Address) -> IPv4Address | None:
    if address in _TRANSLATED:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def addresses_of(name: str) -> list[Address]:
    """Every address that a name has now. Raises DeliveryError where it has none."""
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise DeliveryError("the host of this channel has no address now") from error
    return [ip_address(str(place[0])) for *_, place in dict.fromkeys(found)]
