"""Signing in by an institution's account (OpenID Connect): authorization code, PKCE, state and nonce, and whose account it is.

An account opens for the person who has its address here, if the institution answers for that address; from then on it is known by its
subject, whatever its address becomes. What an attempt has to remember lies in the browser that began it, sealed: an answer that comes to
another browser is nobody's. An attempt signs in once.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from authlib.common.urls import add_params_to_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from pydantic import BaseModel

from models.errors import Refused
from models.tables import SignIn, table
from services.accounts import account_of, note_use, remember
from services.bootstrap import App
from services.identities import Identity, chosen_of, identities_at, identities_with
from services.institutions import Institution
from services.sign_on_provider import Provider, ProviderWrong, said_code
from services.sign_on_tokens import Awaited, who_signed_in
from services.visitors import begin_session
from services.work import open_work

_SIGN_IN = table(SignIn)
ATTEMPT_LASTS = timedelta(minutes=10)
_LONGEST_ADDRESS = 254
_LONGEST_SESSION = 255


class Attempt(BaseModel, frozen=True):
    """What the browser remembers while somebody is at their institution."""

    institution: str
    state: str
    nonce: str
    verifier: str
    begun: datetime


class Proven(BaseModel, frozen=True):
    """What the institution has said of whoever signed in there. ``answers_for``: whether it answers for the address."""

    institution: str
    state: str
    begun: datetime
    subject: str
    session: str | None
    address: str
    answers_for: bool


def begin(app: App, provider: Provider, redirect: str, language: str) -> tuple[Attempt, str]:
    """Begin an attempt; returns what the browser has to remember, and where to send it. Raises ProviderAway or ProviderWrong."""
    place = provider.metadata(now=True).authorization
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    asked = {
        "response_type": "code",
        "client_id": provider.institution.client_id,
        "redirect_uri": redirect,
        "scope": "openid email",
        "state": state,
        "nonce": nonce,
        "code_challenge": create_s256_code_challenge(verifier),
        "code_challenge_method": "S256",
        "ui_locales": language,
    }
    attempt = Attempt(institution=provider.institution.name, state=state, nonce=nonce, verifier=verifier, begun=app.clock.wall())
    return attempt, str(add_params_to_uri(place, list(asked.items())))


def finish(app: App, provider: Provider, attempt: Attempt | None, answer: Mapping[str, str], redirect: str) -> tuple[Proven, str]:
    """What an institution's answer proves, and the token that says so.

    Refuses an answer to no attempt of this browser, to an old one, or of another provider; ``sso_declined`` where somebody gave up there.
    Raises ProviderAway and ProviderWrong.
    """
    begun = _of_this_browser(app, provider, attempt, answer)
    if "error" in answer:
        if answer["error"] in ("access_denied", "login_required", "interaction_required", "consent_required"):
            raise Refused.because("sso_declined")
        raise ProviderWrong(f"it answers {said_code(answer['error'])}")
    tokens = provider.redeem(answer.get("code", ""), begun.verifier, redirect)
    access = str(tokens.get("access_token") or "")
    claims = who_signed_in(provider, tokens["id_token"], Awaited(begun.nonce, access), app.clock.wall())
    address, answers_for = _address(provider.institution, _with_address(app, provider, claims, access))
    session = claims.get("sid")
    proven = Proven(
        institution=begun.institution,
        state=begun.state,
        begun=begun.begun,
        subject=claims["sub"],
        session=session if isinstance(session, str) and len(session) <= _LONGEST_SESSION else None,
        address=address,
        answers_for=answers_for,
    )
    return proven, tokens["id_token"]


def may_sign_in_as(app: App, institution: Institution, proven: Proven) -> list[Identity]:
    """Who an account opens for: whoever it is linked to, else those who have its address, who choose. Refuses an address that is not answered for or not known here."""
    with app.db.read() as connection:
        return _opens_for(app, connection, institution, proven)


def sign_in_as(app: App, institution: Institution, proven: Proven, chosen: str = "") -> str:
    """Sign somebody in by what their institution said, once; returns what the browser keeps. An account that was not known is linked to them.

    Refuses as ``may_sign_in_as``, a choice that is not theirs, and a second account of the same institution for a person.
    """
    if app.clock.wall() - proven.begun > ATTEMPT_LASTS:
        raise Refused.because("sso_too_old")
    with app.db.write() as connection:
        _unless_used(connection, proven)
        who = chosen_of(_opens_for(app, connection, institution, proven), chosen)
        known = account_of(connection, institution.issuer, proven.subject)
        work = open_work(app, connection, who.convention)
        if known is None:
            account_id = remember(work, who.person_id, institution.issuer, proven.subject)
        else:
            account_id = known.id
            note_use(connection, account_id, work.wall)
        return begin_session(app, connection, who.person_id, _proof(proven.state), account_id=account_id, session=proven.session)


def way_out(provider: Provider, token: str, back: str, language: str) -> str | None:
    """Where somebody ends their session at the institution, and comes back from; None where it offers no such place."""
    place = provider.metadata(now=True).end_session
    if not place:
        return None
    told = {"id_token_hint": token, "client_id": provider.institution.client_id, "post_logout_redirect_uri": back, "ui_locales": language}
    return str(add_params_to_uri(place, [(name, value) for name, value in told.items() if value]))


def _of_this_browser(app: App, provider: Provider, attempt: Attempt | None, answer: Mapping[str, str]) -> Attempt:
    mine = provider.institution
    if attempt is None or attempt.institution != mine.name or not _same(attempt.state, answer.get("state", "")):
        raise Refused.because("sso_not_begun_here")
    if app.clock.wall() - attempt.begun > ATTEMPT_LASTS:
        raise Refused.because("sso_too_old")
    named = answer.get("iss")
    if named != mine.issuer and (named is not None or provider.metadata().names_itself):
        raise ProviderWrong("the answer is another provider's")
    return attempt


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _with_address(app: App, provider: Provider, claims: Mapping[str, Any], access: str) -> Mapping[str, Any]:
    """The claims with what the token leaves out about the address, where that matters: an account that is known needs none."""
    if "email_verified" in claims and "email" in claims:
        return claims
    with app.db.read() as connection:
        if account_of(connection, provider.institution.issuer, claims["sub"]) is not None:
            return claims
    more = provider.userinfo(access) if access else {}
    if more and more.get("sub") != claims["sub"]:
        raise ProviderWrong("userinfo: it is about somebody else")
    return {**claims, **{name: more[name] for name in ("email", "email_verified") if name in more}}


def _address(institution: Institution, claims: Mapping[str, Any]) -> tuple[str, bool]:
    """The address, and whether the institution answers for it: it says so, or gives such addresses out itself and does not deny it."""
    address = claims.get("email")
    if not isinstance(address, str) or "@" not in address or len(address) > _LONGEST_ADDRESS:
        return "", False
    own = "email_verified" not in claims and address.rpartition("@")[2].lower() in institution.domains
    return address, claims.get("email_verified") is True or own


def _opens_for(app: App, connection: sa.Connection, institution: Institution, proven: Proven) -> list[Identity]:
    known, wall = account_of(connection, institution.issuer, proven.subject), app.clock.wall()
    if known is not None:
        sharing = identities_at(app, connection, known.person_id, wall)
        if not sharing:
            raise Refused.because("sso_seatless")
        own = [one for one in sharing if one.person_id == known.person_id]
        if not own and not _vouched(app, connection, proven, sharing):
            raise Refused.because("sso_seatless")
        return own or sharing
    if not proven.address:
        raise Refused.because("sso_no_address")
    if not proven.answers_for:
        raise Refused.because("sso_address_unverified", address=proven.address)
    found = identities_with(app, connection, proven.address, wall)
    if not found:
        raise Refused.because("sso_address_unknown", address=proven.address)
    return found


def _vouched(app: App, connection: sa.Connection, proven: Proven, others: list[Identity]) -> bool:
    """Whether this very sign-in says that its address is theirs: that of the person whose account it is may be somebody else's by now."""
    if not proven.answers_for or not proven.address:
        return False
    return {one.person_id for one in others} <= {
        one.person_id for one in identities_with(app, connection, proven.address, app.clock.wall())
    }


def _unless_used(connection: sa.Connection, proven: Proven) -> None:
    """The sign-in itself would be refused as well, in the words of a link."""
    if connection.execute(sa.select(_SIGN_IN.c.key).where(_SIGN_IN.c.delivery_id == _proof(proven.state))).first():
        raise Refused.because("sso_used")


def _proof(state: str) -> UUID:
    """What an attempt signs in by, once."""
    return UUID(bytes=hashlib.sha256(b"sign-on:" + state.encode()).digest()[:16])
