"""One action on screen: the sheet, then everything that happened to it."""

from collections.abc import Mapping
from typing import Any

from cli.screen import Column, table, tell, text_of
from cli.words import label, say, say_time, wording
from models.meetings.rules import away
from services.queries import Row
from services.reckonings import in_words, next_in_words


def show_action(action: Row) -> None:
    """Print an action in full; milestones come from their rows, which know what was reached."""
    tell(say("page.title", number=action["number"], title=action["title"]))
    tell(say("page.state", state=label("state", action["state"]), stage=label("stage", action["stage"]), version=action["version"]))
    if action["silent_since"]:
        tell(say("page.silent", days=action["silent_days"], day=text_of(action["silent_since"])))
    for name, numbers in (("superseded_by", [action["superseded_by"]]), ("supersedes", action["supersedes"])):
        if any(numbers):
            tell(say(f"page.{name}", numbers=", ".join(numbers)))
    tell("")
    _sheet(action["sheet"])
    _reviews(action["reviews"])
    _section("early", [row for row in action["early"] if row["review_id"] is None and not row["superseded"]], _EARLY)
    _section("conflicts", action["conflicts"], _CONFLICTS)
    _section("reservations", action["reservations"], RESERVATIONS)
    _section("blockers", action["blockers"], _BLOCKERS)
    _section("deliberations", action["deliberations"], _DELIBERATIONS)
    if action["authorities"]:
        tell(say("page.authorities", partners=text_of(action["authorities"])))
    _section("meetings", action["meetings"], _MEETINGS)
    _section("decisions", action["decisions"], _DECISIONS)
    _section("milestones", action["milestones"], _MILESTONES)
    _section("reports", action["reports"], _REPORTS)
    _section("attachments", action["attachments"], _ATTACHMENTS)
    _section("deadlines", action["deadlines"], _DEADLINES)
    _section("chases", action["chases"], _CHASES)
    _section("timeline", action["timeline"], _TIMELINE)


_CONFLICTS = (Column("seat"), Column.of("kind", "conflict"), Column("declared_on"), Column("withdrawn_on"), Column("words"))
RESERVATIONS = (
    Column("number"),
    Column("body"),
    Column("seat"),
    Column("words"),
    Column("due_on"),
    Column.of("blocks", "verb"),
    Column.of("standing", "reservation"),
    Column("lifted_on"),
    Column("lifted_by"),
    Column("met"),
)
"""How a reservation is told."""
_BLOCKERS = (
    Column("number"),
    Column("body"),
    Column("seat"),
    Column("since"),
    Column("words"),
    Column.of("standing", "blocker"),
    Column("lifted_on"),
    Column("lifted_by"),
    Column("how"),
)
_DELIBERATIONS = (Column("partner"), Column.of("outcome", "deliberation"), Column("decided_on"), Column("reference"), Column("file_name"))
_DECISIONS = (Column("number"), Column("body"), Column.of("outcome", "outcome"), Column("decided_on"), Column("reference"), Column("words"))
_MEETINGS = (
    Column("number"),
    Column("body"),
    Column("held_on"),
    Column("starts_at", say_time),
    Column.of("state", "meeting"),
    Column("follows"),
)
_MILESTONES = (Column("position"), Column("title"), Column("due_on"), Column("reached_on"))
_REPORTS = (Column("reported_on"), Column.of("kind", "report"), Column("percent"), Column("words"))
_ATTACHMENTS = (Column("file_name"), Column("media_type"), Column("size"), Column("added_at"), Column("sha256"))
_DEADLINES = (
    Column("due_on"),
    Column.of("kind", "deadline"),
    Column("body"),
    Column("how", lambda how: in_words(how, wording())),
    Column("ahead", lambda ahead: next_in_words(ahead, wording())),
)
_CHASES = (Column("occurred_on"), Column.of("topic", "topic"), Column("body"), Column("actor"), Column("messages"), Column("sent"))
_TIMELINE = (
    Column("seq"),
    Column("occurred_on"),
    Column("recorded_at"),
    Column.of("topic", "topic"),
    Column("body"),
    Column("actor"),
    Column.of("via", "via"),
    Column.of("after", "state"),
    Column("words"),
)
_EARLY = (Column("body"), Column("seat"), Column.of("value", "opinion"), Column("given_on"), Column("words"))
_OPINIONS = (Column("seat"), Column.of("value", "opinion"), Column("given_on"), Column("words"))


def _sheet(sheet: Mapping[str, Any]) -> None:
    for name, value in sheet.items():
        if name not in ("title", "milestones") and value not in (None, [], ()):
            tell(say("page.field", name=label("field", name), value=text_of(value)))


def _reviews(reviews: list[Row]) -> None:
    for review in reviews:
        tell("")
        tell(
            say(
                "page.review",
                body=review["body"],
                round=review["round"],
                opened=text_of(review["opened_on"]),
                due=text_of(review["due_on"]),
            )
        )
        if review["closed_on"]:
            result = label("result", (review["verdict"] or {}).get("result"))
            tell(say("page.review_closed", closed=text_of(review["closed_on"]), result=result))
        gone = away(review["attendance"])
        expected = len([seat for seat in review["electorate"] if seat not in review["recused"] and seat not in gone])
        answered = len([seat for seat in review["answered"] if seat not in gone])
        if review["attendance"]:
            tell(say("review.in_meeting", meeting=review["attendance"]["meeting"]))
        tell(say("page.answers", answered=answered, expected=expected, awaited=text_of(review["awaited"])))
        if review["recused"]:
            tell(say("page.recused", seats=recused_in_words(review["recused"])))
        if review["opinions"]:
            table(review["opinions"], *_OPINIONS)


def recused_in_words(recused: Mapping[str, str]) -> str:
    """The seats that take no part in a review, each with its cause."""
    return ", ".join(f"{seat} ({label('cause', cause)})" for seat, cause in recused.items())


def _section(name: str, rows: list[Row], columns: tuple[Column, ...]) -> None:
    if rows:
        tell("")
        table(rows, *columns, title=say(f"page.{name}"))
