"""Talking to an institution's provider of sign-ins: what it says of itself, its keys, what a code is worth. Never for long, never for many at once.

One that does not answer is left alone for some seconds, so that whoever waits in front of a page hears of it at once, and so that nothing
else in the portal waits for it.
"""

import json
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import quote

import httpx
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key

from models.errors import Problem, Refused
from services.institutions import Institution, is_safe

SECONDS = 3.0
"""How long a provider may take to answer."""
_KNOWN_FOR, _LEFT_ALONE, _KEYS_AGAIN = 600.0, 10.0, 30.0
AT_ONCE = 16
"""So many may wait for a provider."""
_MOST_BYTES = 1_000_000
_SERVER_ERROR = 500
_KEY_TYPES = ("RSA", "EC", "OKP")
"""Public keys alone: a shared one would let whoever knows it sign."""


class ProviderAway(Refused):
    """The provider does not answer, or not in time. ``why`` is for the log."""

    def __init__(self, why: str) -> None:
        """Nobody is signed in."""
        super().__init__(Problem("sso_away"))
        self.why = why


class ProviderWrong(Refused):
    """The provider said something that cannot be relied on. ``why`` is for the log, and names nobody."""

    def __init__(self, why: str) -> None:
        """Nobody is signed in."""
        super().__init__(Problem("sso_wrong"))
        self.why = why


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a provider says of itself. ``names_itself``: it says in every answer who it is."""

    authorization: str
    token: str
    keys: str
    userinfo: str
    end_session: str
    by_post: bool
    names_itself: bool


class Provider:
    """The provider of one institution, as this process knows it. Every method raises ProviderAway or ProviderWrong."""

    def __init__(self, institution: Institution, ticks: Callable[[], float]) -> None:
        """``ticks``: seconds that only grow. Nothing is asked yet."""
        self.institution = institution
        self._ticks = ticks
        self._turns = threading.BoundedSemaphore(AT_ONCE)
        self._left_alone_until = float("-inf")
        self._metadata: tuple[Metadata, float] | None = None
        self._keys: tuple[list[Key], float] | None = None
        self._keys_again_at = float("-inf")

    def metadata(self, *, now: bool = False) -> Metadata:
        """What it says of itself, at most ten minutes old; ``now``: this very moment, so that nobody is sent to one that is away."""
        if not now and self._metadata is not None and self._ticks() - self._metadata[1] < _KNOWN_FOR:
            return self._metadata[0]
        status, said = self._ask("GET", f"{self.institution.issuer.rstrip('/')}/.well-known/openid-configuration")
        if status != httpx.codes.OK:
            raise ProviderWrong(f"discovery answers {status}")
        found = _read_metadata(said, self.institution.issuer)
        self._metadata = (found, self._ticks())
        return found

    def keys(self, *, again: bool = False) -> list[Key]:
        """Its public keys; ``again``: those of now, since it has signed with one that is not known. Asked for so at most twice a minute."""
        again = again and self._ticks() - self._keys_again_at >= _KEYS_AGAIN
        if self._keys is not None and not again and self._ticks() - self._keys[1] < _KNOWN_FOR:
            return self._keys[0]
        self._keys_again_at = self._ticks() if again else self._keys_again_at
        status, said = self._ask("GET", self.metadata().keys)
        listed = said.get("keys")
        if status != httpx.codes.OK or not isinstance(listed, list):
            raise ProviderWrong(f"no keys, but {status}")
        found = [key for each in listed if (key := _key_of(each)) is not None]
        self._keys = (found, self._ticks())
        return found

    def redeem(self, code: str, verifier: str, redirect: str) -> Mapping[str, Any]:
        """What a code is worth: the tokens."""
        metadata, mine = self.metadata(), self.institution
        sent = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect, "code_verifier": verifier}
        if metadata.by_post:
            asked = self._ask("POST", metadata.token, data={**sent, "client_id": mine.client_id, "client_secret": mine.client_secret})
        else:
            pair = (quote(mine.client_id, safe=""), quote(mine.client_secret, safe=""))  # RFC 6749, 2.3.1
            asked = self._ask("POST", metadata.token, data=sent, auth=pair)
        status, said = asked
        if status != httpx.codes.OK or not isinstance(said.get("id_token"), str):
            raise ProviderWrong(f"the code is not taken: {status} {said_code(said.get('error'))}")
        return said

    def userinfo(self, access_token: str) -> Mapping[str, Any]:
        """What it says of whoever signed in, besides the token; nothing where it has no such place."""
        place = self.metadata().userinfo
        if not place:
            return {}
        status, said = self._ask("GET", place, headers={"Authorization": f"Bearer {access_token}"})
        if status != httpx.codes.OK:
            raise ProviderWrong(f"userinfo answers {status}")
        return said

    def _ask(self, method: str, url: str, **content: Any) -> tuple[int, Mapping[str, Any]]:
        if self._ticks() < self._left_alone_until:
            raise ProviderAway("it did not answer a moment ago")
        if not self._turns.acquire(blocking=False):
            raise ProviderAway(f"{AT_ONCE} wait for it already")
        try:
            status, body = self._exchange(method, url, content)
        except (httpx.TransportError, TimeoutError) as error:
            self._left_alone_until = self._ticks() + _LEFT_ALONE
            raise ProviderAway(type(error).__name__) from None
        except (httpx.DecodingError, httpx.InvalidURL) as error:
            raise ProviderWrong(type(error).__name__) from None
        finally:
            self._turns.release()
        if status >= _SERVER_ERROR:
            raise ProviderAway(f"it answers {status}")
        return status, _object_in(body)

    def _exchange(self, method: str, url: str, content: Mapping[str, Any]) -> tuple[int, bytes]:
        """One question and its answer, whole and in time, or not at all. Redirections are not followed."""
        until, body = self._ticks() + SECONDS, b""
        with httpx.Client(timeout=SECONDS, verify=_certificates()) as client, client.stream(method, url, **content) as answer:
            for part in answer.iter_bytes():
                body += part
                if len(body) > _MOST_BYTES:
                    raise ProviderWrong("an answer without end")
                if self._ticks() > until:
                    raise TimeoutError
            return answer.status_code, body


def said_code(error: object) -> str:
    """The code of an error that a provider named, if it is one: nothing else that it says is repeated."""
    return error if isinstance(error, str) and error.isascii() and error.replace("_", "").isalpha() and len(error) <= _LONGEST_CODE else "-"


_LONGEST_CODE = 40


@cache
def _certificates() -> ssl.SSLContext:
    """Those of the system, where an institution's own authority is installed. Read once: it takes longer than asking a provider."""
    return ssl.create_default_context()


def _object_in(body: bytes) -> Mapping[str, Any]:
    try:
        said = json.loads(body or b"{}")
    except (RecursionError, ValueError):
        raise ProviderWrong("an answer that is no JSON") from None
    if not isinstance(said, dict):
        raise ProviderWrong("an answer that is no object")
    return said


def _read_metadata(said: Mapping[str, Any], issuer: str) -> Metadata:
    if said.get("issuer") != issuer:
        raise ProviderWrong(f"it calls itself {str(said.get('issuer'))[:200]}, not {issuer}")
    places = {name: said.get(name) or "" for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")}
    more = {name: said.get(name) or "" for name in ("userinfo_endpoint", "end_session_endpoint")}
    wrong = [name for name, place in places.items() if not isinstance(place, str) or not is_safe(place, beside=issuer)]
    wrong += [name for name, place in more.items() if place and (not isinstance(place, str) or not is_safe(place, beside=issuer))]
    if wrong:
        raise ProviderWrong(f"addresses that will not do: {', '.join(wrong)}")
    methods = said.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    return Metadata(
        authorization=places["authorization_endpoint"],
        token=places["token_endpoint"],
        keys=places["jwks_uri"],
        userinfo=more["userinfo_endpoint"],
        end_session=more["end_session_endpoint"],
        by_post="client_secret_basic" not in methods and "client_secret_post" in methods,
        names_itself=said.get("authorization_response_iss_parameter_supported") is True,
    )


def _key_of(said: Any) -> Key | None:
    """A key that can verify a signature; None for one of another use or of a kind that we do not know, which is none of ours."""
    if not isinstance(said, dict) or said.get("kty") not in _KEY_TYPES or said.get("use", "sig") != "sig":
        return None
    try:
        return JWKRegistry.import_key(said)
    except (JoseError, ValueError, TypeError):
        return None
