"""What a form sent: read whole, checked for its seal, before any handler sees it."""

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Annotated

from fastapi import Path, Request
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from models.errors import Refused
from portal.context import portal_of
from portal.form_seals import COOKIE, FIELD, check

_MOST_FIELDS = 400
RowId = Annotated[int, Path(ge=1, le=2**31 - 1)]
"""The id of a row, as an address names it: one that a database could not hold is unreadable."""


@dataclass(frozen=True, slots=True)
class Filled:
    """The texts of a form by the name of their field, in order, and the file if there is one. ``files``: the fields that take one."""

    texts: dict[str, list[str]]
    file_name: str = ""
    content: bytes = field(default=b"", repr=False)
    files: tuple[str, ...] = ()

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
    files: list[str] = []
    try:
        async with request.form(max_files=1, max_fields=_MOST_FIELDS, max_part_size=request.app.state.longest) as form:
            for key, value in form.multi_items():
                if isinstance(value, UploadFile):
                    name, content = value.filename or "", await value.read()
                    files.append(key)
                else:
                    texts.setdefault(key, []).append(value.replace("\r\n", "\n"))
    except HTTPException as error:
        if error.status_code != HTTPStatus.BAD_REQUEST:  # the guard's word about what is too long
            raise
        raise Refused.because("form_unreadable") from None
    if any("\0" in text for given in texts.values() for text in given):
        raise Refused.because("text_unstorable")
    shown = "".join(texts.pop(FIELD, ()))
    host = request.headers.get("host", "")
    check(portal_of(request).secret, request.cookies.get(COOKIE), shown, origin=request.headers.get("origin"), host=host)
    return Filled(texts, name, content, tuple(files))
