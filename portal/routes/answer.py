"""Answering from the mail: one screen with the sheet, who asks and until when, and the opinion."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, BackgroundTasks, Depends, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError

from models.charter import OpinionValue, ReviewRules
from models.commands import Actor, DeclareConflict, RecordOpinion, Via, VoteByProxy
from models.conflicts import ConflictKind
from models.errors import Conflict, Refused
from models.lifecycle import Verb
from portal.context import charter_of, language_of, page, portal_of, reasons
from portal.filled import Filled, filled
from portal.invited import invited
from portal.limits import caller
from portal.posting import send_soon
from portal.proxies import on_answer_page
from portal.sheets import sheet_parts
from services.clock import new_id
from services.dispatch import execute
from services.invitations import Invitation, renew
from services.links import ANSWER, PATHS
from services.people import people_names
from services.queries import show_action
from services.validation import explain_validation
from services.work import open_work

router = APIRouter()
Sent = Annotated[Filled, Depends(filled)]
_KINDS = {path: kind for kind, path in PATHS.items()}


@router.get(f"/{PATHS[ANSWER]}/{{token}}", name="answer")
def show(request: Request, token: str) -> Response:
    """Show what is asked. Nothing changes, however often and by whomever it is opened."""
    return answer_form(request, token, invited(request, token, ANSWER))


@router.post(f"/{PATHS[ANSWER]}/{{token}}", name="give_answer")
def give(request: Request, token: str, sent: Sent) -> Response:
    """Record the opinion, once however often it is sent, and say so. Something else through a link that was used is not recorded."""
    app = portal_of(request).app
    found = invited(request, token, ANSWER)
    if found.hindrance not in (None, "link_used"):
        return answer_form(request, token, found)
    seat = sent.text("seat") or found.seats[0]
    try:
        if seat not in found.seats:
            raise Refused.because("seat_not_yours", seat=seat)
        execute(app, _command(request, found, seat, sent))
    except Conflict:
        return answer_form(request, token, invited(request, token, ANSWER))
    except Refused as refused:
        return answer_form(request, token, found, sent=sent, refused=refused)
    return page(request, "answered.html.j2", found=found)


@router.post(f"/{PATHS[ANSWER]}/{{token}}/conflit", name="declare_conflict")
def declare(request: Request, token: str, sent: Sent) -> Response:
    """Note that whoever holds the link has a conflict of interest about the action: no opinion is asked of them any more."""
    found = invited(request, token, ANSWER)
    if found.hindrance not in (None, "link_used", "link_recused"):
        return answer_form(request, token, found)
    try:
        if found.hindrance != "link_recused":
            execute(portal_of(request).app, _declaration(request, found, sent))
    except Refused as refused:
        return answer_form(request, token, found, sent=sent, declared=refused)
    return page(request, "conflict_declared.html.j2", found=found)


@router.post("/{path}/{token}/nouveau", name="renew_link")
def renew_link(request: Request, path: str, token: str, _sent: Sent, later: BackgroundTasks) -> Response:
    """Send a fresh link to the person of an old one. Raises TooMany to whoever asks for many, and for a link of which many were asked for."""
    portal, kind = portal_of(request), _KINDS.get(path)
    if kind is None:
        return RedirectResponse("/", 303)
    portal.limits.spend("renew from", caller(request), tries=30, seconds=3600)
    found = invited(request, token, kind)
    portal.limits.spend("renew", found.delivery.hex, tries=3, seconds=3600)
    fresh = renew(portal.app, token, kind)
    if fresh is not None:
        later.add_task(send_soon, portal.app, fresh)
    return page(request, "renewed.html.j2", sent=fresh is not None)


def _command(request: Request, found: Invitation, seat: str, sent: Filled) -> RecordOpinion:
    chosen = sent.text("opinion")
    if chosen not in tuple(OpinionValue):
        raise Refused.because("opinion_not_chosen", "opinion")
    own = found.through.get(seat) or found.by_proxy.get(seat)
    values: dict[str, Any] = {
        "convention": found.convention,
        "action": found.number,
        "actor": Actor(seat=own or seat, on_behalf_of=seat if own else None, via=Via.LINK),
        "occurred_on": day_of(request, found),
        "reason": sent.text("reason")[:20_000] or None,
        "key": found.key(seat),
        "body": found.body,
        "voter": seat,
        "opinion": OpinionValue(chosen),
    }
    if seat in found.by_proxy:
        return VoteByProxy(**values, verb=Verb.VOTE_BY_PROXY, holder=found.by_proxy[seat])
    return RecordOpinion(**values, verb=Verb.RECORD_OPINION)


def _declaration(request: Request, found: Invitation, sent: Filled) -> DeclareConflict:
    """The declaration of whoever holds the link: for the seat that was asked, or for the own seat of a deputy or of a proxy's holder."""
    own = {**found.through, **found.by_proxy}
    seat = own.get(found.seats[0], found.seats[0])
    chosen = sent.text("kind")
    if chosen not in tuple(ConflictKind):
        raise Refused.because("conflict_kind_not_chosen", "kind")
    try:
        return DeclareConflict(
            verb=Verb.DECLARE_CONFLICT,
            convention=found.convention,
            action=found.number,
            actor=Actor(seat=seat, via=Via.LINK),
            occurred_on=day_of(request, found),
            reason=sent.text("words") or None,
            key=f"{found.key(seat)}:conflict",
            concerned=seat,
            kind=ConflictKind(chosen),
        )
    except ValidationError as error:
        raise Refused(*explain_validation(error)) from None


def day_of(request: Request, found: Invitation) -> date:
    """Today, where the action is."""
    app = portal_of(request).app
    with app.db.read() as connection:
        return open_work(app, connection, found.convention).today


def answer_form(
    request: Request,
    token: str,
    found: Invitation,
    *,
    sent: Filled | None = None,
    refused: Refused | None = None,
    declared: Refused | None = None,
    represented: Refused | None = None,
) -> Response:
    """The page of a link, with what was sent and why it was refused. ``represented``: why a proxy was not given or taken back."""
    charter, language = charter_of(request), language_of(request)
    shown = show_action(portal_of(request).app, found.number, convention=found.convention, seats=found.seats)
    rules = _rules(request, found)
    given = next((given for given in found.given if given.seat == found.seats[0]), None)
    chosen: dict[str, Any] = {"opinion": given.value if given else "", "reason": (given.reasons or "") if given else ""}
    if sent is not None:
        chosen = {"opinion": sent.text("opinion"), "reason": sent.text("reason")}
    chosen |= {"kind": sent.text("kind"), "words": sent.text("words")} if sent is not None else {"kind": "", "words": ""}
    told = reasons(request, refused) if refused else []
    wheres = [problem.where or _FIELDS.get(problem.code, "") for problem in refused.problems] if refused else []
    return page(
        request,
        "answer.html.j2",
        status=422 if refused or declared or represented else 410 if found.hindrance else 200,
        token=token,
        found=found,
        action=shown,
        parts=sheet_parts(
            shown["sheet"], charter, language, dict(people_names(portal_of(request).app, found.convention, codes=[shown["lead_person"]]))
        ),
        body=next((body.name.of(language) for body in charter.bodies if body.code == found.body), found.body or ""),
        secret=rules is not None and rules.ballot == "secret",
        opinions=rules.opinions if rules else (),
        reasoned=rules.reasons_required_for if rules else (),
        chosen=chosen,
        kinds=list(ConflictKind),
        declaring=reasons(request, declared) if declared else [],
        proxies=on_answer_page(portal_of(request).app, found, shown, rules, day_of(request, found)),
        representing=reasons(request, represented) if represented else [],
        key=new_id().hex,
        problems=[{"name": where, "problem": text} for where, text in zip(wheres, told, strict=True) if where],
        reasons=told,
    )


def _rules(request: Request, found: Invitation) -> ReviewRules | None:
    """By which the question was asked: those of the charter under which the review was opened."""
    app = portal_of(request).app
    with app.db.read() as connection:
        work = open_work(app, connection, found.convention)
        body = work.charter_of(found.review["charter_id"]).body(found.body or "") if found.review else None
    return body.rules if body else None


_FIELDS = {"opinion_unreasoned": "reason", "opinion_not_offered": "opinion"}
"""Which field a refusal is about."""
