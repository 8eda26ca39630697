"""What each event writes besides the state of its action, as ``models.replay`` folds it: one function a topic, in the table at the end."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from models.events import Topic
from models.replayed import UNSAID, Reached, Row, Text, Urn
from models.review.rules import CONCEALED

if TYPE_CHECKING:
    from models.replay import Replay

_DECISION = "decision"
_FINAL = ("final_results", "final_lessons")


def _change_sheet(replay: "Replay", payload: Mapping[str, Any]) -> None:
    if "sheet_hash" not in payload:
        return
    former, replay.sheet = replay.sheet, _text(replay, payload, "sheet")
    if former is None or not replay.reached:
        return
    before, now = replay.milestones(former.id), replay.milestones(replay.sheet.id)
    if before is None or now is None:
        replay.reached = {place: reached._replace(surely=False) for place, reached in replay.reached.items()}
    else:
        kept = {place for place, (one, other) in enumerate(zip(before, now, strict=False), 1) if one == other}
        replay.reached = {place: reached for place, reached in replay.reached.items() if place in kept}


def _attach(replay: "Replay", payload: Mapping[str, Any]) -> None:
    known = {name: payload[name] for name in ("media_type", "size")}
    values = {**known, "file_name": _text(replay, payload, "file_name"), "added_at": replay.recorded_at}
    replay.files[payload["sha256"]] = Row(replay.by, values)


def _urn_of(payload: Mapping[str, Any]) -> Urn | None:
    return Urn() if payload.get("ballot") == "secret" else None


def _open_review(replay: "Replay", payload: Mapping[str, Any]) -> None:
    values = {"body": replay.body, "opened_on": replay.day, "closed_on": None, "round": payload["round"], "due_on": payload["due_on"]}
    values |= {
        "electorate": payload["electorate"],
        "frozen": payload.get("frozen"),
        "charter_id": payload.get("charter"),
        "verdict": None,
        "urn": _urn_of(payload),
        "recused": None,
        "attendance": None,
    }
    replay.latest[replay.body] = payload["review"]
    replay.reviews[payload["review"]] = Row(replay.by, values)
    _lapse(replay, payload)


def _keep(replay: "Replay", payload: Mapping[str, Any]) -> None:
    """An opinion came early: it replaces what the seat had kept for this body."""
    for row in replay.early.values():
        if (row.values["body"], row.values["seat"], row.values["review_id"]) == (replay.body, payload["voter"], None):
            row.values["superseded"] = 1
    said = {"body": replay.body, "seat": payload["voter"], "value": payload["opinion"], "given_on": replay.day}
    replay.early[replay.by[1]] = Row(replay.by, {**said, "words_id": _id(payload, "reason"), "review_id": None, "superseded": 0})


def _hear(replay: "Replay", payload: Mapping[str, Any]) -> None:
    review, seat = payload["review"], payload["voter"]
    former = replay.standing.get((review, seat))
    if former is not None:
        former.values["superseded"] = 1
    said = {"review_id": review, "seat": seat, "value": payload.get("opinion", CONCEALED), "given_on": replay.day}
    if said["value"] == CONCEALED:
        replay.reviews[review].values["urn"].votes += 1
    row = Row(replay.by, {**said, "words_id": _id(payload, "reason"), "superseded": 0, "holder": payload.get("holder")})
    replay.standing[review, seat] = replay.opinions[replay.by[1]] = row
    if "kept" in payload:
        kept = replay.early[payload["kept"].replace("-", "")]
        kept.by, kept.values["review_id"] = replay.by, review


def _close_review(replay: "Replay", payload: Mapping[str, Any]) -> None:
    row = replay.reviews[payload["review"]]
    row.by = replay.by
    row.values |= {"closed_on": replay.day, "verdict": payload["verdict"], "urn": None, "recused": payload.get("recused")}
    _reserve(replay, payload)


def _reserve(replay: "Replay", payload: Mapping[str, Any]) -> None:
    """Reservations that a review's closing, or an opinion put right, raised."""
    raised = payload.get("reservations")
    if raised is None:
        return
    shared = {"raised_on": replay.day, "due_on": raised.get("due_on"), "blocks": raised.get("blocks")}
    for seat, number in raised["seats"].items():
        values = {"review_id": payload["review"], "seat": seat, **shared, "lifted_on": None, "words_id": None, "lapsed_on": None}
        replay.reservations[number] = Row(replay.by, values)


def _lapse(replay: "Replay", payload: Mapping[str, Any]) -> None:
    """Reservations that mean nothing any more."""
    for number in payload.get("lapsed", ()):
        row = replay.reservations[number]
        row.by, row.values["lapsed_on"] = replay.by, replay.day


def _lift(replay: "Replay", payload: Mapping[str, Any]) -> None:
    row = replay.reservations[payload["reservation"]]
    row.by = replay.by
    row.values |= {"lifted_on": replay.day, "words_id": _id(payload, "reason")}


def _declare_conflict(replay: "Replay", payload: Mapping[str, Any]) -> None:
    """Somebody takes no part from now on: what they answered in open reviews is set aside."""
    told = {"seat": payload["seat"], "declared_on": replay.day, "withdrawn_on": None, "words_id": _id(payload, "conflict")}
    replay.conflicts[replay.by[1]] = Row(replay.by, told)
    for review, seat in payload.get("set_aside", ()):
        replay.standing.pop((review, seat)).values["superseded"] = 1


def _withdraw_conflict(replay: "Replay", payload: Mapping[str, Any]) -> None:
    row = replay.conflicts[payload["withdraws"].replace("-", "")]
    row.by, row.values["withdrawn_on"] = replay.by, replay.day


def _deliberate(replay: "Replay", payload: Mapping[str, Any]) -> None:
    """A partner's authority decided; what it decided before is superseded."""
    for row in replay.deliberations.values():
        if row.values["partner"] == payload["partner"]:
            row.values["superseded"] = 1
    told = {name: payload[name] for name in ("partner", "outcome", "decided_on", "document")}
    replay.deliberations[replay.by[1]] = Row(replay.by, {**told, "reference": _text(replay, payload, "reference"), "superseded": 0})


def _give_proxy(replay: "Replay", payload: Mapping[str, Any]) -> None:
    told = {"review_id": payload["review"], "giver": payload["giver"], "holder": payload["holder"], "given_on": replay.day}
    replay.proxies[replay.by[1]] = Row(replay.by, {**told, "until": payload.get("until"), "revoked_on": None})


def _revoke_proxy(replay: "Replay", payload: Mapping[str, Any]) -> None:
    row = replay.proxies[payload["revokes"].replace("-", "")]
    row.by, row.values["revoked_on"] = replay.by, replay.day


def _attend(replay: "Replay", payload: Mapping[str, Any]) -> None:
    row = replay.reviews[payload["review"]]
    row.by, row.values["attendance"] = replay.by, payload["attendance"]


def _end_attendance(replay: "Replay", payload: Mapping[str, Any]) -> None:
    row = replay.reviews[payload["review"]]
    row.by, row.values["attendance"] = replay.by, None


def _change_review(replay: "Replay", payload: Mapping[str, Any]) -> None:
    """A review got another last day, or other rules."""
    row = replay.reviews[payload["review"]]
    row.by, row.values["due_on"] = replay.by, payload["due_on"]
    if "charter" in payload:
        row.values |= {"charter_id": payload["charter"], "urn": _urn_of(payload)}


def _leave(replay: "Replay", _payload: Mapping[str, Any]) -> None:
    for row in replay.reviews.values():
        if row.values["closed_on"] is None:
            row.by = replay.by
            row.values |= {"closed_on": replay.day, "urn": None}


def _give_way(replay: "Replay", payload: Mapping[str, Any]) -> None:
    """Another action has taken this one's place: what was open of it ends."""
    replay.superseded_by = payload["successor"]
    _leave(replay, payload)


def _give_back(replay: "Replay", payload: Mapping[str, Any]) -> None:
    _decide(replay, payload)
    _lapse(replay, payload)


def _decide(replay: "Replay", payload: Mapping[str, Any]) -> None:
    if _DECISION not in payload:
        return
    number, body = payload[_DECISION], replay.body
    values = {"review_id": replay.latest.get(body), "body": body, "number": number, "revision": 1, "outcome": payload["outcome"]}
    reference = _text(replay, payload, "reference") if "reference_hash" in payload else None
    values |= {"decided_on": replay.day, "words_id": _id(payload, "reason"), "reference": reference, "superseded": 0}
    replay.numbers.append((f"decision:{body}:{replay.day[:4]}", number))
    replay.decisions[replay.by[1]] = Row(replay.by, values)


def _report(replay: "Replay", payload: Mapping[str, Any]) -> None:
    _file(replay, payload, "progress", payload["percent"], "summary")
    for place in payload["reached"]:
        replay.reached.setdefault(place, Reached(replay.day, replay.by))


def _report_at_last(replay: "Replay", payload: Mapping[str, Any]) -> None:
    for kind in _FINAL:
        if f"{kind}_id" in payload:
            _file(replay, payload, kind, None, kind)


def _raise_blocker(replay: "Replay", payload: Mapping[str, Any]) -> None:
    told = {
        "seat": replay.actor,
        "body": replay.body,
        "since": payload["since"],
        "raised_on": replay.day,
        "words_id": _id(payload, "blocker"),
    }
    replay.blockers[payload["blocker"]] = Row(replay.by, {**told, "lifted_on": None, "lifted_words_id": None})


def _lift_blocker(replay: "Replay", payload: Mapping[str, Any]) -> None:
    row = replay.blockers[payload["blocker"]]
    row.by = replay.by
    row.values |= {"lifted_on": replay.day, "lifted_words_id": _id(payload, "reason")}


def _file(replay: "Replay", payload: Mapping[str, Any], kind: str, percent: int | None, text: str) -> None:
    values = {"kind": kind, "percent": percent, "words_id": _id(payload, text), "reported_on": replay.day, "superseded": 0}
    replay.reports[replay.by[1], kind] = Row(replay.by, values)


def _rectify(replay: "Replay", payload: Mapping[str, Any]) -> None:
    rows, columns = _RECTIFIED[payload["fact"]]
    kept: dict[Any, Row] = getattr(replay, rows)
    key, former = _former(kept, payload["rectifies"].replace("-", ""))
    former.values["superseded"] = 1
    row = Row(replay.by, {**former.values, **_changed(payload, columns), "superseded": 0})
    if "words_id" in payload:
        row.values["words_id"] = _id(payload, "words")
    if "reference_hash" in payload:
        row.values["reference"] = _text(replay, payload, "reference")
    if "revision" in row.values:
        row.values["revision"] += 1
    kept[(replay.by[1], key[1]) if isinstance(key, tuple) else replay.by[1]] = row
    if rows == "opinions":
        replay.standing[row.values["review_id"], row.values["seat"]] = row
    _reserve(replay, payload)
    _lapse(replay, payload)
    if "verdict" in payload:
        review = replay.reviews[payload["review"]]
        review.by, review.values["verdict"] = replay.by, payload["verdict"]


def _changed(payload: Mapping[str, Any], columns: Mapping[str, str]) -> Mapping[str, Any]:
    """The columns put right; an event that does not list them leaves them open."""
    changed = payload.get("changed")
    if changed is None:
        return dict.fromkeys(columns.values(), UNSAID)
    return {columns[name]: value for name, value in changed.items()}


def _former(kept: Mapping[Any, Row], event: str) -> tuple[Any, Row]:
    """The first standing row that an event wrote."""
    for key, row in kept.items():
        if row.by[1] == event and not row.values["superseded"]:
            return key, row
    raise ValueError(event)


_RECTIFIED: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "opinion": ("opinions", {"opinion": "value", "happened_on": "given_on"}),
    "decision": ("decisions", {"reference": "reference", "happened_on": "decided_on"}),
    "report": ("reports", {"percent": "percent", "happened_on": "reported_on"}),
}
"""By the kind of fact: where its rows are, and their columns that may be put right besides the words."""

WRITES: Mapping[str, Callable[["Replay", Mapping[str, Any]], None]] = {
    Topic.ACTION_DRAFTED: _change_sheet,
    Topic.ACTION_PROPOSED: _change_sheet,
    Topic.ACTION_REGISTERED: _change_sheet,
    Topic.ACTION_RESUBMITTED: _change_sheet,
    Topic.ACTION_AMENDED: _change_sheet,
    Topic.ATTACHMENT_ADDED: _attach,
    Topic.REVIEW_OPENED: _open_review,
    Topic.CONFLICT_DECLARED: _declare_conflict,
    Topic.CONFLICT_WITHDRAWN: _withdraw_conflict,
    Topic.ATTENDANCE_RECORDED: _attend,
    Topic.ATTENDANCE_ENDED: _end_attendance,
    Topic.ACTION_SUPERSEDED: _give_way,
    Topic.PROXY_GIVEN: _give_proxy,
    Topic.PROXY_REVOKED: _revoke_proxy,
    Topic.OPINION_KEPT: _keep,
    Topic.OPINION_RECORDED: _hear,
    Topic.REVIEW_CLOSED: _close_review,
    Topic.REVIEW_EXTENDED: _change_review,
    Topic.REVIEW_MOVED: _change_review,
    Topic.ACTION_WITHDRAWN: _leave,
    Topic.RESERVATION_LIFTED: _lift,
    Topic.DELIBERATION_RECORDED: _deliberate,
    Topic.ACTION_RETURNED: _give_back,
    Topic.ACTION_REFERRED: _decide,
    Topic.ACTION_ADJOURNED: _decide,
    Topic.ACTION_APPROVED: _decide,
    Topic.ACTION_REJECTED: _decide,
    Topic.PROGRESS_REPORTED: _report,
    Topic.BLOCKER_RAISED: _raise_blocker,
    Topic.BLOCKER_LIFTED: _lift_blocker,
    Topic.FINAL_REPORT_FILED: _report_at_last,
    Topic.FACT_RECTIFIED: _rectify,
}
"""What an event writes besides the state of its action; an event that is not here writes nothing."""


def _text(replay: "Replay", payload: Mapping[str, Any], kind: str) -> Text:
    return Text(payload[f"{kind}_id"].replace("-", ""), payload[f"{kind}_hash"], replay.by)


def _id(payload: Mapping[str, Any], kind: str) -> str | None:
    found = payload.get(f"{kind}_id")
    return None if found is None else str(found).replace("-", "")
