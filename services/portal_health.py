"""Whether the portal answers, as people would find it: asked on its own port of this machine."""

from typing import Literal

import httpx

from services.settings import Settings

_PATIENCE_SECONDS = 2.0
_MARK = "Passerelle</title>"
Standing = Literal["answers", "silent", "taken"]


def portal_standing(settings: Settings) -> Standing:
    """``taken`` where something else answers on the portal's port or the portal is broken, ``silent`` where nothing does."""
    try:
        page = httpx.get(f"http://127.0.0.1:{settings.portal_port}/connexion", timeout=_PATIENCE_SECONDS, trust_env=False)
    except httpx.ConnectError:
        return "silent"
    except httpx.HTTPError:
        return "taken"
    return "answers" if page.status_code == httpx.codes.OK and _MARK in page.text else "taken"
