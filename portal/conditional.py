"""Answers that programs keep: told by their tag or their moment whether they have what is there already (RFC 9110, section 13)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from fastapi import Request
from fastapi.responses import Response


def answered(request: Request, content: bytes, media_type: str, *, tag: str, changed_at: datetime, headers: Mapping[str, str]) -> Response:
    """The content, or 304 where it is known. ``tag`` names these very bytes; they are so since ``changed_at``."""
    told = {**headers, "ETag": f'"{tag}"', "Last-Modified": format_datetime(changed_at.astimezone(UTC), usegmt=True)}
    if _known(request, tag, changed_at):
        return Response(status_code=304, headers=told)
    return Response(content, media_type=media_type, headers=told)


def _known(request: Request, tag: str, changed_at: datetime) -> bool:
    """A tag, where the program gives one, counts alone."""
    tags = request.headers.get("if-none-match")
    if tags is not None:
        return tags.strip() == "*" or tag in {given.strip().removeprefix("W/").strip('"') for given in tags.split(",")}
    since = _moment(request.headers.get("if-modified-since", ""))
    return since is not None and changed_at.replace(microsecond=0) <= since


def _moment(text: str) -> datetime | None:
    """A moment as HTTP writes it; None for anything else, which is to be ignored."""
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
