"""The files of an action's reviews, who has not answered, and hurrying them."""

from collections.abc import Iterable
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse, Response

from models.lifecycle import Verb
from portal.acts import offers
from portal.chases import asked_in_words
from portal.context import action_at, back_to, charter_of, language_of, own_seats, page, portal_of, request_key, seated, wording
from portal.filled import Filled, filled
from services.chasing import Chased, Wanted, chase
from services.clock import new_id
from services.deadline_kinds import Kind
from services.desk import served
from services.explanations import word
from services.matrix import AT_MOST, MANY, matrices
from services.people import holders_of
from services.reckonings import next_in_words
from services.review_file import review_files
from services.review_words import lack_sentences, verdict_sentence

router = APIRouter()
Sent = Annotated[Filled, Depends(filled)]
Count = Annotated[int, Query(ge=0, le=100_000)]
_DONE = ("relances", "examens", "refus", "deja")


@router.get("/actions/{number}/examens", name="reviews")
def show(request: Request, number: str, relances: Count = 0, examens: Count = 0, refus: Count = 0, deja: Count = 0) -> Response:
    """The file of each review, as a chair would want to read it; those who have not answered may be chased from it."""
    app, visitor, words = portal_of(request).app, seated(request), wording(language_of(request))
    files = review_files(app, number, convention=visitor.convention, seats=own_seats(request), reader=visitor)
    told = action_at(request, number, explained=True)
    clerks = {row["actor"] for row in told["chases"]}
    return page(
        request,
        "reviews.html.j2",
        number=number.upper(),
        files=[(file, verdict_sentence(words, file), lack_sentences(words, file)) for file in files],
        holders=holders_of(app, visitor.convention, clerks | {row["seat"] for file in files for row in file["electorate"]}),
        names=_names(request),
        chases=_chases(request, number, [file["body"] for file in files if not file["closed_on"]]),
        ahead={due["body"]: next_in_words(due["ahead"], words) for due in told["deadlines"] if due["kind"] == Kind.REVIEW_END},
        hurried=told["chases"],
        key=new_id().hex,
        done=Chased(examens, relances, deja),
        refused=refus,
    )


def _chases(request: Request, number: str, bodies: Iterable[str]) -> dict[str, list[str]]:
    """The bodies with an open review in which the visitor may chase, and what stands in the way today, in words."""
    visitor, words = seated(request), wording(language_of(request))
    mine = served(charter_of(request), visitor)
    found = {body: offers(portal_of(request).app, visitor, number, body) for body in bodies if body in mine}
    unmet = {body: next(offer.unmet for offer in each if offer.verb is Verb.CHASE) for body, each in found.items()}
    return {body: [word(words, problem) for problem in problems] for body, problems in unmet.items()}


@router.get("/reponses", name="awaited")
def awaited(request: Request, relances: Count = 0, examens: Count = 0, refus: Count = 0, deja: Count = 0) -> Response:
    """Who has not answered in the bodies that the secretary serves, with what became of a chase."""
    visitor = seated(request)
    found = matrices(portal_of(request).app, visitor.convention, served(charter_of(request), visitor))
    holders = holders_of(
        portal_of(request).app, visitor.convention, {ask.by for each in found for line in each.lines for ask in line.asks.values()}
    )
    return page(
        request,
        "awaited.html.j2",
        matrices=found,
        shown=AT_MOST,
        many=MANY,
        names=_names(request),
        asked=asked_in_words(wording(language_of(request)), holders),
        key=new_id().hex,
        done=Chased(examens, relances, deja),
        refused=refus,
    )


@router.post("/reponses", name="chase")
def hurry(request: Request, sent: Sent) -> Response:
    """Chase a member, everybody of a review or a whole body, and go back to where the button was."""
    wanted = Wanted(sent.text("body"), request_key(request, sent.text("key")), sent.text("seat"), sent.text("number"))
    done = chase(portal_of(request).app, charter_of(request), seated(request), wanted)
    told = dict(zip(_DONE, (done.seats, done.reviews, len(done.refused), done.repeated), strict=True))
    here = back_to(sent.text("here")).partition("?")[0]
    return RedirectResponse(f"{'/reponses' if here == '/' else here}?{urlencode(told)}#relances", 303)


def _names(request: Request) -> dict[str, str]:
    return {body.code: body.name.of(language_of(request)) for body in charter_of(request).bodies}
