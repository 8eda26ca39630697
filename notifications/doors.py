"""Where events may be posted: by https to public hosts on their usual port, and to those that the settings list, also inside the network."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, urlsplit

from notifications.hosts import HostError, Hosts, addresses_of, is_host, plain

SETTING = "PASSERELLE_WEBHOOK_HOSTS"
LONGEST = 500
"""Characters that an address may have."""
_PORTS = {"https": 443, "http": 80}
_KEPT = "/%:@!$&'()*+,;=~-._"


@dataclass(frozen=True, slots=True)
class Door:
    """An address to post to, taken apart. ``target``: its path and query."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def secure(self) -> bool:
        """Whether the connection is encrypted."""
        return self.scheme == "https"

    @property
    def authority(self) -> str:
        """Host and port as a request names them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The whole address, written in the one way that we keep it."""
        return f"{self.scheme}://{self.authority}{self.target}"


def door_of(url: str) -> Door:
    """Take an address apart; raises ValueError, with a code for its sentence, for one that cannot be posted to."""
    given = url.strip()
    if len(given) > LONGEST or not given.isprintable() or " " in given:
        raise ValueError("webhook_url_unreadable")
    try:
        parts = urlsplit(given)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError("webhook_url_unreadable") from None
    if parts.scheme not in _PORTS or not is_host(host) or "*" in host or port == 0:
        raise ValueError("webhook_url_unreadable")
    if parts.username is not None or parts.fragment:
        raise ValueError("webhook_url_with_more")
    return Door(parts.scheme, plain(host), port or _PORTS[parts.scheme], _target_of(parts))


def _target_of(parts: SplitResult) -> str:
    path = quote(parts.path or "/", safe=_KEPT)
    return f"{path}?{quote(parts.query, safe=f'{_KEPT}?')}" if parts.query else path


class Doors:
    """The hosts that the settings list: ``host`` for every port of it, ``host:port`` for one, names after ``*.``, addresses; if none is, public ones."""

    def __init__(self, listed: Iterable[str] = (), *, only_listed: bool = False) -> None:
        """``only_listed``: public hosts are refused as well."""
        entries = [_entry(one) for one in listed]
        self._closed = only_listed or bool(entries)
        self._public = Hosts()
        self._anywhere = Hosts(host for host, port in entries if port is None)
        self._at = {port: Hosts(host for host, its in entries if its == port) for _, port in entries if port is not None}

    def lists(self, door: Door) -> bool:
        """Whether the settings list this host, for this port."""
        here = self._at.get(door.port)
        return self._anywhere.lists(door.host) or (here is not None and here.lists(door.host))

    def judge(self, door: Door) -> None:
        """Refuse what no look at the network is needed for.

        Raises:
            HostError: it is not listed though it would have to be, would not be encrypted, or is at another port than that of https.
        """
        if self.lists(door):
            return
        if self._closed:
            raise HostError("host_not_listed", f"this host, at this port, is not among those of {SETTING}")
        if not door.secure:
            raise HostError("not_https", f"only hosts that {SETTING} lists are posted to without encryption")
        if door.port != _PORTS["https"]:
            raise HostError("port_not_listed", f"only hosts that {SETTING} lists are posted to at another port than 443")

    def admit(self, door: Door) -> tuple[str, ...]:
        """Return where to connect to: the addresses of the host, which for a public one were all looked at.

        Raises:
            HostError: as ``judge``; or one of its addresses is private, loopback, link-local, multicast or reserved.
            DeliveryError: the name has no address now.
        """
        self.judge(door)
        return tuple(map(str, addresses_of(door.host))) if self.lists(door) else self._public.admit(door.host)


def is_entry(listed: str) -> bool:
    """Whether a text can stand in the list: a host, or a host and a port."""
    try:
        host, _ = _entry(listed)
    except ValueError:
        return False
    return is_host(host)


def _entry(listed: str) -> tuple[str, int | None]:
    """A host and its port; an IPv6 address with a port stands in brackets. Raises ValueError for a port that is none."""
    given = listed.strip()
    if given.count(":") > 1 and not given.startswith("["):
        return given, None
    host, closing, after = given.rpartition("]") if given.startswith("[") else ("", "", given)
    name, colon, port = after.partition(":")
    if colon and not (port.isascii() and port.isdigit() and len(port) <= 5 and 1 <= int(port) <= 65_535):  # noqa: PLR2004  # the range of ports
        raise ValueError(listed)
    return f"{host}{closing}{name}", int(port) if colon else None
