"""Programs that are told of what happens: the technical committee's secretariat subscribes them, and sees what became of every post."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from models.errors import NotFound, Problem, Refused
from models.events import Topic
from models.numbers import whole
from portal.context import language_of, page, portal_of, reasons, seated, technical_seat, wording
from portal.filled import Filled, filled
from services.sending_alone import WEBHOOKS
from services.webhooks import receivers
from services.webhooks.journal import posts_of, redeliver, redeliver_lost, try_receiver
from services.webhooks.receivers import OPERATOR, receiver_of, receivers_of
from services.wording import Wording

router = APIRouter()
Sent = Annotated[Filled, Depends(filled)]
_SHOWN = 50
_DONE = ("pause", "resume", "remove", "redeliver", "lost")
_EVERYTHING = "all"
_FIELD = dict.fromkeys(("webhook_topic_unknown", "webhook_topics_not_chosen"), "topics")
"""The fields of what is wrong; anything else is about the address."""


@router.get(f"/{WEBHOOKS}", name="webhooks")
def webhooks(request: Request, fait: str = "") -> Response:
    """The programs of the convention, and a form to subscribe another."""
    return _page(request, _office(request).convention, done=fait if fait in _DONE else "")


@router.post(f"/{WEBHOOKS}", name="add_webhook")
def add(request: Request, sent: Sent) -> Response:
    """Subscribe a program, and show its secret, once."""
    (convention, seat), app = _office(request), portal_of(request).app
    everything, topics = sent.text("which") == _EVERYTHING, sent.all("topic")
    untold = [] if everything or topics else [*receivers.problems_of(app, sent.text("url"), ()), Problem("webhook_topics_not_chosen")]
    try:
        Refused.unless_empty(untold)
        made = receivers.add(app, convention, sent.text("url"), () if everything else topics, seat)
    except Refused as refused:
        return _page(request, convention, sent=sent, refused=refused)
    return _one(request, convention, made.id, made=made)


@router.get(f"/{WEBHOOKS}/{{webhook}}", name="webhook")
def webhook(request: Request, webhook: str, fait: str = "") -> Response:
    """A program, and the log of what was posted to it."""
    return _one(request, _office(request).convention, _number_of(webhook), done=fait if fait in _DONE else "")


@router.post(f"/{WEBHOOKS}/{{webhook}}", name="change_webhook")
def change(request: Request, webhook: str, sent: Sent) -> Response:
    """Try, pause, resume or remove a program, change its secret, or have something posted again."""
    convention, number = _office(request).convention, _number_of(webhook)
    act = _ACTS.get(sent.text("do"))
    if act is None:
        raise NotFound(Problem("page_unknown"))
    try:
        return act(request, convention, number, sent)
    except NotFound:
        raise
    except Refused as refused:
        return _one(request, convention, number, problems=reasons(request, refused))


def _test(request: Request, convention: str, number: int, _sent: Filled) -> Response:
    return _one(request, convention, number, tried=try_receiver(portal_of(request).app, convention, number))


def _rotate(request: Request, convention: str, number: int, _sent: Filled) -> Response:
    made = receivers.renew_secret(portal_of(request).app, convention, number)
    return _one(request, convention, number, made=made, renewed=True)


def _remove(request: Request, convention: str, number: int, _sent: Filled) -> Response:
    receivers.remove(portal_of(request).app, convention, number)
    return RedirectResponse(f"/{WEBHOOKS}?fait=remove", 303)


def _post_again(request: Request, convention: str, _number: int, sent: Filled) -> Response:
    try:
        post = UUID(sent.text("post"))
    except ValueError:
        raise NotFound(Problem("webhook_post_unknown", {"post": sent.text("post")})) from None
    return _back(redeliver(portal_of(request).app, convention, post), "redeliver")


def _simply(act: Callable[..., object], done: str) -> Callable[[Request, str, int, Filled], Response]:
    def carry_out(request: Request, convention: str, number: int, _sent: Filled) -> Response:
        act(portal_of(request).app, convention, number)
        return _back(number, done)

    return carry_out


def _back(number: int, done: str) -> Response:
    return RedirectResponse(f"/{WEBHOOKS}/{number}?fait={done}", 303)


_ACTS: dict[str, Callable[[Request, str, int, Filled], Response]] = {
    "test": _test,
    "pause": _simply(receivers.pause, "pause"),
    "resume": _simply(receivers.resume, "resume"),
    "lost": _simply(redeliver_lost, "lost"),
    "rotate": _rotate,
    "remove": _remove,
    "redeliver": _post_again,
}


class _Office(NamedTuple):
    """The convention of the visitor, and the seat by which they serve its technical committee."""

    convention: str
    seat: str


def _office(request: Request) -> _Office:
    """Refuses whoever is no secretary of the technical committee."""
    seat = technical_seat(request)
    if seat is None:
        raise Refused.because("route_not_yours")
    return _Office(seated(request).convention, seat)


def _number_of(webhook: str) -> int:
    number = whole(webhook)
    if number is None:
        raise NotFound(Problem("page_unknown"))
    return number


def _page(request: Request, convention: str, *, sent: Filled | None = None, refused: Refused | None = None, done: str = "") -> Response:
    at, others = _placed(request, refused)
    return page(
        request,
        "webhooks.html.j2",
        status=422 if refused else 200,
        rows=receivers_of(portal_of(request).app, convention),
        url=sent.text("url") if sent else "",
        which=(sent.text("which") if sent else "") or _EVERYTHING,
        chosen=sent.all("topic") if sent else [],
        topics=[topic.value for topic in Topic],
        why=_why(wording(language_of(request))),
        done=done,
        at=at,
        problems=others,
    )


def _placed(request: Request, refused: Refused | None) -> tuple[list[dict[str, str]], list[str]]:
    """What is wrong, by its field, and all of it in words."""
    if refused is None:
        return [], []
    told = reasons(request, refused)
    placed = [{"name": _FIELD.get(problem.code, "url"), "problem": said} for problem, said in zip(refused.problems, told, strict=True)]
    return placed, told


def _one(request: Request, convention: str, number: int, problems: Sequence[str] = (), **said: Any) -> Response:
    """``said``: a secret that was ``made`` (``renewed``, if it replaces another), what a test came to (``tried``), what was ``done``."""
    app = portal_of(request).app
    one = receiver_of(app, convention, number)
    shown = {"made": None, "renewed": False, "tried": None, "done": "", **said}
    return page(
        request,
        "webhook.html.j2",
        status=422 if problems else 200,
        one=one,
        posts=posts_of(app, convention, number, limit=_SHOWN),
        why=_why(wording(language_of(request))),
        operator=OPERATOR,
        problems=list(problems),
        **shown,
    )


def _why(words: Wording) -> Callable[[str | None], Any]:
    """Why a post was not taken, in words."""
    return lambda code: words.say(f"webhooks.reason.{code}") if code else ""
