"""Putting a recorded fact right: the former version is superseded, never changed, and both stay."""

from typing import Any, cast
from uuid import UUID

import sqlalchemy as sa

from models.commands import Command, Rectify
from models.facts import Facts
from models.prepared import Prepared, insert
from models.review.rules import OpinionValue
from models.tables import Decision, Opinion, Report, Review, table
from services.counting import gather
from services.effects.change import Change, known, reasons
from services.effects.reservations import Closed, asking, lapse, raise_for
from services.work import Work, keep_words

_OPINION, _DECISION, _REPORT, _REVIEW = table(Opinion), table(Decision), table(Report), table(Review)
_TABLES = {"opinion": (_OPINION, "given_on"), "decision": (_DECISION, "decided_on"), "report": (_REPORT, "reported_on")}
_FORMER = {kind: Prepared(sa.select(rows).where(rows.c.id == sa.bindparam("id_"))) for kind, (rows, _) in _TABLES.items()}
_SUPERSEDE = {kind: Prepared(rows.update().where(rows.c.id == sa.bindparam("id_")), "superseded") for kind, (rows, _) in _TABLES.items()}
_WRITE = {kind: insert(rows, *(column.name for column in rows.columns if column.name != "id")) for kind, (rows, _) in _TABLES.items()}
_OF_REVIEW = _REVIEW.c.id == sa.bindparam("review_")
_REVIEWED = Prepared(sa.select(_REVIEW).where(_OF_REVIEW))
_RECOUNT = Prepared(_REVIEW.update().where(_OF_REVIEW), "verdict")


def rectify(work: Work, facts: Facts, command: Command, event: UUID) -> Change:
    """Write a second version of an opinion, a decision or a report beside the first; a closed review's verdict is counted anew."""
    asked = cast("Rectify", command)
    fact = facts.fact or {}
    kind = str(fact["kind"])
    former: dict[str, Any] = _FORMER[kind].first(work.connection, id_=fact["id"])._asdict()
    words_id, words = keep_words(work, known(facts), "words", command.actor.seat, asked.words)
    day = _TABLES[kind][1]
    changed = {"value": asked.opinion, "percent": asked.percent, "reference": asked.reference, day: asked.happened_on, "words_id": words_id}
    values = {**former, **{name: value for name, value in changed.items() if value is not None}}
    del values["id"]
    if kind == "decision":
        values["revision"] = former["revision"] + 1
    _SUPERSEDE[kind].run(work.connection, id_=former["id"], superseded=True)
    _WRITE[kind].run(work.connection, **{**values, "event_id": event, "superseded": False})
    _, named = keep_words(work, known(facts), "reference", command.actor.seat, asked.reference)
    payload = {
        "fact": kind,
        "rectifies": str(asked.event),
        "changed": _said(asked),
        **words,
        **named,
        **reasons(work, known(facts), command),
    }
    if kind != "opinion":
        return Change(payload, body=former.get("body"))
    review = _REVIEWED.first(work.connection, review_=former["review_id"])
    payload |= {"review": review.id} | _recount(work, review) | _reserve(work, facts, command, (review, former, values))
    return Change(payload, body=review.body)


def _reserve(work: Work, facts: Facts, command: Command, rectified: tuple[Any, Any, Any]) -> dict[str, Any]:
    """What becomes of a reservation when the opinion behind it is put right after closing: it is raised, or lapses.

    Of a round that another has followed none is raised: the body was asked anew.
    """
    review, former, now = rectified
    before, after = (opinion["value"] == OpinionValue.WITH_RESERVATIONS for opinion in (former, now))
    latest = facts.latest(review.body)
    if review.verdict is None or before == after or latest is None or latest.id != review.id:
        return {}
    if before:
        return lapse(work, known(facts), command.occurred_on, seat=(review.id, former["seat"]))
    ballot = gather(work, review.id)
    seats = [seat for seat in asking(ballot) if seat == former["seat"]]
    return raise_for(work, known(facts), Closed(review.id, review.body, command.occurred_on), ballot.rules, seats)


def _said(asked: Rectify) -> dict[str, str | int]:
    """What the fact becomes, as far as it is no text; texts are kept apart under their hashes."""
    day = asked.happened_on.isoformat() if asked.happened_on else None
    said = {"opinion": asked.opinion, "percent": asked.percent, "happened_on": day}
    return {name: value for name, value in said.items() if value is not None}


def _recount(work: Work, review: Any) -> dict[str, Any]:
    """The verdict after a rectified opinion, if the review is closed; what was decided on the former one stands until people act."""
    if review.verdict is None:
        return {}
    verdict = gather(work, review.id).count().as_payload()
    _RECOUNT.run(work.connection, review_=review.id, verdict=verdict)
    changed = verdict["result"] != review.verdict["result"]
    return {"verdict": verdict, "former_verdict": review.verdict, "verdict_changed": changed}
