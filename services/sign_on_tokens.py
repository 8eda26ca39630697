"""What a provider signed: the token that says who signed in (OpenID Connect Core, 3.1.3.7), and the one that says that somebody signed out."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from authlib.oauth2.claims import JWTClaims
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import BadSignatureError, JoseError
from joserfc.jwk import Key
from joserfc.jws import extract_compact

from services.sign_on_provider import Provider, ProviderWrong

_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519")
"""Signatures by a key that the provider alone has. Neither none at all, nor one by a secret that we share with it."""
_LEEWAY = 60
"""Seconds by which its clock and ours may differ."""
_LONGEST_SUBJECT = 255
_SIGNED_OUT = "http://schemas.openid.net/event/backchannel-logout"
_LOGOUT_LASTS = 300


class Awaited(NamedTuple):
    """What the token of an attempt must be about."""

    nonce: str
    access_token: str


def who_signed_in(provider: Provider, token: str, awaited: Awaited, now: datetime) -> Mapping[str, Any]:
    """What an ID token says. Raises ProviderWrong for one of another provider, for others, of another attempt, expired, or not signed by it."""
    mine = provider.institution
    params = {"nonce": awaited.nonce, "client_id": mine.client_id, "access_token": awaited.access_token}
    signed = _signed_by(provider, token)
    claims = CodeIDToken(signed.claims, signed.header, _for_us(provider), params)
    _validate(claims, now)
    _subject(claims)
    return dict(claims)


def who_signed_out(provider: Provider, token: str, now: datetime) -> tuple[str | None, str | None]:
    """Subject and session of a logout token (OpenID Connect Back-Channel Logout, 2.6), at least one of them. Raises ProviderWrong as above."""
    signed = _signed_by(provider, token)
    claims = JWTClaims(signed.claims, signed.header, {**_for_us(provider), "iat": {"essential": True}, "jti": {"essential": True}})
    _validate(claims, now)
    events, subject, session = claims.get("events"), claims.get("sub"), claims.get("sid")
    if not isinstance(events, dict) or not isinstance(events.get(_SIGNED_OUT), dict) or "nonce" in claims:
        raise ProviderWrong("logout token: it is another token")
    if now.timestamp() - claims["iat"] > _LOGOUT_LASTS:
        raise ProviderWrong("logout token: it is old")
    if not subject and not session:
        raise ProviderWrong("logout token: it names nobody")
    return (_subject(claims) if subject else None), (str(session) if session else None)


def _for_us(provider: Provider) -> dict[str, Any]:
    mine = provider.institution
    return {"iss": {"essential": True, "value": mine.issuer}, "aud": {"essential": True, "value": mine.client_id}}


def _validate(claims: JWTClaims, now: datetime) -> None:
    try:
        claims.validate(now=int(now.timestamp()), leeway=_LEEWAY)
    except JoseError as error:
        raise ProviderWrong(f"token: {error.error} {getattr(error, 'claim', '')}".rstrip()) from None


def _subject(claims: Mapping[str, Any]) -> str:
    subject = claims.get("sub")
    if not isinstance(subject, str) or not subject or len(subject) > _LONGEST_SUBJECT:
        raise ProviderWrong("token: no subject")
    return subject


def _signed_by(provider: Provider, token: str) -> jwt.Token:
    """The token, signed with a key of the provider's: one that it has only now is asked for once."""
    try:
        head = extract_compact(token.encode()).headers()
        if not isinstance(head, dict):
            raise ProviderWrong("token: its head holds no fields")
        named = head.get("kid")
        signed = _with_one_of(_named(provider.keys(), named), token) or _with_one_of(_named(provider.keys(again=True), named), token)
    except (JoseError, TypeError, ValueError) as error:  # TypeError: a field of the head is of another kind than its standard says
        raise ProviderWrong(f"token: {getattr(error, 'error', type(error).__name__)}") from None
    if signed is None:
        raise ProviderWrong("token: none of its keys signed it")
    return signed


def _named(keys: list[Key], named: object) -> list[Key]:
    return [key for key in keys if named is None or key.kid == named]


def _with_one_of(keys: list[Key], token: str) -> jwt.Token | None:
    for key in keys:
        try:
            return jwt.decode(token, key, algorithms=_ALGORITHMS)
        except BadSignatureError:
            continue  # the next one may have signed it
    return None
