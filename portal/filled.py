"""What a form sent: read whole, checked for its seal, before any handler sees it."""

from dataclasses import dataclass, field

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException

from models.errors import Refused
from portal.context import portal_of
from portal.seals import COOKIE, FIELD, check

_MOST_FIELDS = 400


@dataclass(frozen=True, slots=True)
class Filled:
    """The texts of a form by the name of their field, in order, and the file if there is one."""

    texts: dict[str, list[str]]
    file_name: str = ""
    content: bytes = field(default=b"", repr=False)

    def text(self, name: str) -> str:
        """The text of a field, without the spaces around it; empty if it was left alone."""
        return (self.texts.get(name) or [""])[0].strip()

    def all(self, name: str) -> list[str]:
        """Every text of a field that is not empty."""
        return [text.strip() for text in self.texts.get(name, ()) if text.strip()]


async def filled(request: Request) -> Filled:
    """Read a form. Refuses one without this portal's seal, or that cannot be read."""
    texts: dict[str, list[str]] = {}
    name, content = "", b""
    try:
        async with request.form(max_files=1, max_fields=_MOST_FIELDS) as form:
            for key, value in form.multi_items():
                if isinstance(value, UploadFile):
                    name, content = value.filename or "", await value.read()
                else:
                    texts.setdefault(key, []).append(value.replace("\r\n", "\n"))
    except MultiPartException:
        raise Refused.because("form_unreadable") from None
    shown = "".join(texts.pop(FIELD, ()))
    host = request.headers.get("host", "")
    check(portal_of(request).secret, request.cookies.get(COOKIE), shown, origin=request.headers.get("origin"), host=host)
    return Filled(texts, name, content)
