"""What the API lets programs read of reviews, decisions, meetings and deadlines, and how the installation stands."""

from typing import Literal

from pydantic import Field

from models.meetings import MeetingState
from portal.api.answers_bodies import (
    DecisionLine,
    DecisionList,
    MeetingAnswer,
    MeetingLine,
    MeetingList,
    OwnDeadline,
    OwnDeadlines,
    ReviewFile,
    ReviewFiles,
    StatusAnswer,
)
from portal.api.call import Call, Paged, Reply
from portal.api.reads import Row, charter_of
from portal.meetings import acts_on, served_bodies
from services.decisions import decisions_after
from services.meetings.reading import meetings_after, show_meeting
from services.own_deadlines import Asked as Due
from services.own_deadlines import Owner, deadlines_of
from services.prefect_api import PrefectApi
from services.review_file import review_files
from services.review_words import lack_sentences, verdict_sentence
from services.status import status as standing
from services.work import open_work


class DecisionsAsked(Paged):
    """Which decisions."""

    body: str = Field(default="", max_length=60)
    year: str = Field(default="", pattern=r"^(\d{4})?$")


class MeetingsAsked(Paged):
    """Which meetings."""

    body: str = Field(default="", max_length=60)
    state: MeetingState | Literal[""] = ""


def reviews(call: Call) -> Reply:
    """The files of an action's reviews, of one body if it is named."""
    visitor, body = call.visitor, call.query.body or None
    files = review_files(call.app, call.path["number"], body=body, convention=visitor.convention, seats=call.seats, reader=visitor)
    return Reply(ReviewFiles(items=[_file(call, file) for file in files]))


def _file(call: Call, file: Row) -> ReviewFile:
    lacks = zip((lack["code"] for lack in file["lacks"]), lack_sentences(call.words, file), strict=True)
    told = [{"code": code, "message": message} for code, message in lacks]
    return ReviewFile.model_validate({**file, "verdict": verdict_sentence(call.words, file), "lacks": told})


def decisions(call: Call) -> Reply:
    """The register of decisions, a slice at a time."""
    asked: DecisionsAsked = call.query
    found = decisions_after(call.app, call.visitor.convention, body=asked.body, year=asked.year, after=asked.after, limit=asked.limit)
    return Reply(DecisionList(items=[DecisionLine.model_validate(row) for row in found.rows], next=found.next))


def meetings(call: Call) -> Reply:
    """The meetings, the latest day first, a slice at a time."""
    asked: MeetingsAsked = call.query
    found = meetings_after(call.app, call.visitor.convention, body=asked.body, state=asked.state, after=asked.after, limit=asked.limit)
    return Reply(MeetingList(items=[MeetingLine.model_validate(row) for row in found.rows], next=found.next))


def meeting(call: Call) -> Reply:
    """One meeting in full."""
    row = show_meeting(call.app, call.path["number"], convention=call.visitor.convention)
    acts = acts_on(row, served_bodies(charter_of(call), call.visitor))
    due = row["convene_by"]["due_on"] if row["convene_by"] else None
    answer = MeetingAnswer.model_validate({**row, "quorum": row["quorum"] or (), "convene_by": due, "acts": acts})
    return Reply(answer, version=row["version"])


def deadlines(call: Call) -> Reply:
    """The deadlines of whoever asks: the opinions that they owe, and what their actions wait for."""
    visitor = call.visitor
    with call.app.db.read() as connection:
        work = open_work(call.app, connection, visitor.convention)
        found = deadlines_of(work, Owner(visitor.person_id, visitor.convention, visitor.code, visitor.seats))
    return Reply(OwnDeadlines(items=[_due(call, one) for one in sorted(found, key=lambda one: (one.due_on, one.number, one.named))]))


def _due(call: Call, one: Due) -> OwnDeadline:
    told = {name: one.due[name] for name in ("kind", "body", "subject", "due_on")}
    return OwnDeadline.model_validate({**told, "action": one.number, "title": one.title, "what": one.what(call.words), "seats": one.seats})


def status(call: Call) -> Reply:
    """How the installation stands; Prefect is not asked before its secret was made."""
    settings = call.app.settings
    if settings.prefect_auth.exists():
        with PrefectApi.of(settings) as api:
            found = standing(call.app, api)
    else:
        found = standing(call.app, None)
    told = {
        "prefect": found["prefect"]["reachable"],
        "sending_stopped_at": found["sending"]["stopped_at"],
        "reviews_open": found["reviews"]["open"],
    }
    return Reply(StatusAnswer.model_validate({**found, **told}))
