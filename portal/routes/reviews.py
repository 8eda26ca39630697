"""The files of an action's reviews, and who has not answered."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from portal.context import charter_of, language_of, own_seats, page, portal_of, seated, wording
from services.desk import served
from services.matrix import matrices
from services.people import holders_of
from services.review_file import review_files
from services.review_words import lack_sentences, verdict_sentence

router = APIRouter()


@router.get("/actions/{number}/examens", name="reviews")
def show(request: Request, number: str) -> Response:
    """The file of each review, as a chair would want to read it."""
    app, visitor, words = portal_of(request).app, seated(request), wording(language_of(request))
    files = review_files(app, number, convention=visitor.convention, seats=own_seats(request))
    return page(
        request,
        "reviews.html.j2",
        number=number.upper(),
        files=[(file, verdict_sentence(words, file), lack_sentences(words, file)) for file in files],
        holders=holders_of(app, visitor.convention, {row["seat"] for file in files for row in file["electorate"]}),
        names=_names(request),
    )


@router.get("/reponses", name="awaited")
def awaited(request: Request) -> Response:
    """Who has not answered in the bodies that the secretary serves."""
    visitor = seated(request)
    found = matrices(portal_of(request).app, visitor.convention, served(charter_of(request), visitor))
    return page(request, "awaited.html.j2", matrices=found, names=_names(request))


def _names(request: Request) -> dict[str, str]:
    return {body.code: body.name.of(language_of(request)) for body in charter_of(request).bodies}
