"""The words of a meeting in a calendar: its title and its description."""

from collections.abc import Iterator

from notifications.context import Context
from notifications.frame import frame_of
from notifications.text import one_line


def in_words(context: Context, language: str, page: str) -> tuple[str, str]:
    """The title and the description of the meeting that a message is about; ``page``: where the portal shows it.

    A rehearsal says so in the title. Raises LookupError for a message that is about no meeting, or for an unknown language.
    """
    frame, meeting, body = frame_of(language), context["meeting"], context["body"]
    if meeting is None or body is None:
        raise LookupError("a calendar entry without a meeting")
    title = frame.calendar["summary"].format(body=one_line(body["name"]), number=meeting["number"])
    return f"[{frame.rehearsal}] {title}" if context["rehearsal"] else title, "\n".join(_description(context, language, page))


def _description(context: Context, language: str, page: str) -> Iterator[str]:
    frame, meeting = frame_of(language), context["meeting"]
    if meeting and meeting["agenda"]:
        yield f"{frame.headings['agenda']}{frame.colon}"
        yield from (one_line(item) for item in meeting["agenda"])
    if meeting and meeting["join"]:
        yield frame.calendar["join"].format(join=one_line(meeting["join"]))
    yield frame.calendar["page"].format(page=page)
