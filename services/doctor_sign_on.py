"""Whether the institutions by whose accounts people sign in answer. One that is away keeps nobody from signing in by mail."""

import time
from collections.abc import Iterator

from services.doctor_check import Check
from services.institutions import Institution, is_safe
from services.settings import Settings
from services.sign_on_provider import Provider, ProviderAway, ProviderWrong


def examine_sign_on(settings: Settings) -> Iterator[Check]:
    """What each provider says of itself, and its keys; nothing where there is none."""
    if settings.institutions and not is_safe(settings.base_url):
        yield Check("sso_plain", "look", {"url": settings.base_url})
    for institution in settings.institutions:
        yield _asked(institution, Provider(institution, time.monotonic))


def _asked(institution: Institution, provider: Provider) -> Check:
    named = {"name": institution.name, "issuer": institution.issuer, "variable": institution.name.upper()}
    try:
        provider.metadata()
        provider.keys()
    except ProviderAway as away:
        return Check("sso", "look", {**named, "why": away.why})
    except ProviderWrong as wrong:
        return Check("sso_wrong", "mend", {**named, "why": wrong.why})
    return Check("sso", "right", {**named, "why": "-"})
