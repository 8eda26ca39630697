"""What the API lets programs read of actions: the same as the pages show, to the same people."""

from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import quote

from pydantic import Field

from models.charter import Charter
from models.errors import NotFound, Problem
from models.lifecycle import STAGE_OF, State
from portal.acts import offers, told_to
from portal.api.answers import ActionAnswer, ActionLine, ActionList, CharterAnswer, EventAnswer, EventList, Explained, Me, VerbAnswer
from portal.api.call import Asked, Call, Paged, Reply
from services.attachments import read as read_content
from services.charter_store import charter_in_force
from services.explanations import word
from services.finding import Wanted, find_after
from services.form_schema import choices_of
from services.queries import show_action
from services.reckonings import in_words, next_in_words

Row = Mapping[str, Any]
_FAMILIES = ("axes", "objectives", "themes", "sites", "partners", "bodies")


class ActionsAsked(Paged):
    """Which actions."""

    words: str = Field(default="", max_length=200)
    state: State | Literal[""] = ""
    axis: str = Field(default="", max_length=60)
    theme: str = Field(default="", max_length=60)
    sort: Literal["number", "-number"] = "-number"


class EventsAsked(Asked):
    """Which lines of a log: those after one, by its place in it."""

    after: int = Field(default=0, ge=0, le=1 << 62)
    limit: int = Field(default=30, ge=1, le=100)


class OfBody(Asked):
    """Of which body."""

    body: str = Field(default="", max_length=60)


def me(call: Call) -> Reply:
    """In whose name the token acts."""
    visitor, token = call.visitor, call.token
    return Reply(
        Me(
            person=visitor.code,
            name=visitor.name,
            language=visitor.language,
            convention=visitor.convention,
            seats=[{"code": seat.code, "body": seat.body, "role": seat.role} for seat in visitor.seats],
            token=token.name,
            scopes=sorted(token.scopes),
            expires_at=token.expires_at,
        )
    )


def charter_of(call: Call) -> Charter:
    """The charter in force."""
    with call.app.db.read() as connection:
        return charter_in_force(connection, call.visitor.convention)


def charter(call: Call) -> Reply:
    """The vocabulary of the convention."""
    found, language = charter_of(call), call.words.language
    choices = choices_of(found, [], language)
    named = {family: [{"code": code, "name": name} for code, name in choices[family]] for family in _FAMILIES}
    own = found.convention
    about = {"convention": own.code, "name": own.name.of(language), "timezone": own.timezone, "languages": [*own.languages]}
    return Reply(CharterAnswer.model_validate(about | named))


def actions(call: Call) -> Reply:
    """The actions that match, a slice at a time."""
    asked: ActionsAsked = call.query
    wanted = Wanted(asked.words.strip(), asked.state, asked.axis, asked.theme, asked.sort)
    reader = call.visitor
    found = find_after(call.app, reader, reader.convention, wanted, call.words.language, after=asked.after, limit=asked.limit)
    return Reply(ActionList(items=[_line(row) for row in found.rows], next=found.next, waiting=found.behind))


def _line(row: Row) -> ActionLine:
    sheet = row["sheet"]
    told = {name: sheet.get(name) for name in ("title", "axis", "lead_person")} | {"themes": sheet.get("themes") or ()}
    return ActionLine.model_validate({**row, **told, "stage": STAGE_OF[State(row["state"])]})


def shown(call: Call, *, explained: bool = False) -> Row:
    """The action of an address, as far as the asker may see it."""
    return show_action(
        call.app, call.path["number"], convention=call.visitor.convention, seats=call.seats, reader=call.visitor, explained=explained
    )


def action(call: Call) -> Reply:
    """One action in full. What does not stand any more is left out, and of conflicts of interest what is for others."""
    row, words = shown(call, explained=True), call.words
    told = told_to(call.visitor, row)
    answer = ActionAnswer.model_validate(
        {
            **row,
            "reviews": [_review(review) for review in row["reviews"]],
            "conflicts": [one if one["seat"] in told else {**one, "kind": None, "words": None} for one in row["conflicts"]],
            "early": [one for one in row["early"] if one["review_id"] is None and not one["superseded"]],
            **{name: [one for one in row[name] if not one["superseded"]] for name in ("deliberations", "decisions", "reports")},
            "deadlines": [
                {**due, "reckoned": in_words(due["how"], words), "reminder": next_in_words(due["ahead"], words)} for due in row["deadlines"]
            ],
        }
    )
    return Reply(answer, version=row["version"])


def _review(review: Row) -> Row:
    result = review["verdict"]["result"] if review["closed_on"] and review["verdict"] else None
    return {**review, "result": result, "proxies": [proxy for proxy in review["proxies"] if proxy["revoked_on"] is None]}


def events(call: Call) -> Reply:
    """The log of an action, from its beginning or after a line."""
    asked: EventsAsked = call.query
    row = shown(call)
    following = [line for line in row["timeline"] if line["seq"] > asked.after]
    lines = [EventAnswer.model_validate(line) for line in following[: asked.limit]]
    return Reply(EventList(items=lines, next=str(lines[-1].seq) if len(following) > len(lines) else None), version=row["version"])


def explain(call: Call) -> Reply:
    """What may be asked of an action now, and why not."""
    row = shown(call)
    found = offers(call.app, call.visitor, row["number"], call.query.body or None, via=call.token.via)
    verbs = [
        VerbAnswer.model_validate(
            {
                "verb": offer.verb,
                "seat": offer.seat,
                "possible": offer.possible,
                "unmet": [{"code": one.code, "message": word(call.words, one)} for one in offer.unmet],
                "to_give": sorted(offer.to_give - {""}),
            }
        )
        for offer in found
    ]
    answer = Explained(number=row["number"], version=row["version"], state=row["state"], verbs=verbs)
    return Reply(answer, version=row["version"])


def file(call: Call) -> Reply:
    """A file of an action, byte for byte."""
    sha256 = call.path["sha256"]
    kept = next((one for one in shown(call)["attachments"] if one["sha256"] == sha256), None)
    if kept is None:
        raise NotFound(Problem("content_unknown", {"sha256": sha256}))
    how = f"attachment; filename*=UTF-8''{quote(kept['file_name'], safe='')}"
    return Reply(content=read_content(call.app.settings, sha256), headers={"Content-Type": kept["media_type"], "Content-Disposition": how})
