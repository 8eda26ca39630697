"""What is kept about a person, table by table, and which columns of it are told. A table that is not named here is a fault, which a test finds."""

from collections.abc import Callable, Mapping

from models.tables import (
    Absence,
    Account,
    Action,
    Blocker,
    Bounce,
    Conflict,
    Deadline,
    Delivery,
    EarlyOpinion,
    Event,
    Feed,
    Foretold,
    Meeting,
    MeetingWords,
    Mute,
    Opinion,
    Person,
    Preference,
    Proxy,
    Report,
    Reservation,
    Review,
    SavedView,
    Seat,
    SignIn,
    Token,
    Webhook,
    Wish,
    Words,
    table,
)
from services.authorship import written_by, written_of_meetings
from services.personal_parts import (
    Part,
    Row,
    Subject,
    acts_on_meetings,
    attended,
    heard,
    leads,
    led_or_proposed,
    named_in,
    of_action,
    of_delivery,
    of_event,
    of_review,
    own,
    seat_in,
    stands_in,
    took_part,
    with_opinion,
)

_ABSENCE, _ACTION, _EVENT, _MEETING, _OPINION = table(Absence), table(Action), table(Event), table(Meeting), table(Opinion)
_REVIEW, _SEAT, _SAID, _WORDS = table(Review), table(Seat), table(MeetingWords), table(Words)
_KEY = "a number of ours, which says nothing"
_HOME = "the convention, which is the same everywhere"
_ITS_ACTION = "said by the number of the action"
_SELF = "themselves"
_WITHHELD = "a secret, or made from one: whoever read it could act in their name"
_HASHED = "a salt, which guards the hash in the log"
_NUMBER = _ACTION.c.number.label("action")
_BODY, _ROUND = _REVIEW.c.body.label("body"), _REVIEW.c.round.label("round")
_DELIVERED = dict.fromkeys(("id", "unique_key", "event_id", "folded_into", "link_id", "attempts", "claimed_until"), _KEY)
_LED = _ACTION.c.sheet["lead_person"].as_string().label("lead_person")

PARTS: tuple[Part, ...] = (
    Part("person", table(Person), lambda subject: table(Person).c.id == subject.person.id, {"id": _KEY, "convention": _HOME}),
    Part("seat", _SEAT, own(_SEAT), {"id": _KEY, "convention": _HOME, "person_id": _SELF}),
    Part(
        "absence",
        _ABSENCE,
        own(_ABSENCE),
        {"id": _KEY, "convention": _HOME, "person_id": _SELF, "deputy_id": "said by the code of the deputy's seat"},
        lambda rows: rows.outerjoin(_SEAT, _SEAT.c.id == rows.c.deputy_id),
        (_SEAT.c.code.label("deputy"),),
    ),
    Part(
        "standing_in",
        _ABSENCE,
        stands_in,
        {
            "id": _KEY,
            "convention": _HOME,
            "deputy_id": "said by the code of their seat",
            **dict.fromkeys(("person_id", "noted_by", "noted_at"), "about somebody else"),
        },
        lambda rows: rows.join(_SEAT, _SEAT.c.id == rows.c.deputy_id),
        (_SEAT.c.code.label("deputy"),),
    ),
    Part(
        "proxy",
        table(Proxy),
        seat_in(table(Proxy).c.giver, table(Proxy).c.holder),
        {"id": _KEY, "action_id": _ITS_ACTION, "review_id": _KEY, "event_id": _KEY},
        of_review,
        (_NUMBER, _BODY, _ROUND),
    ),
    Part(
        "asked",
        _REVIEW,
        named_in(_REVIEW.c.electorate),
        {
            "id": _KEY,
            "convention": _HOME,
            "action_id": _ITS_ACTION,
            "charter_id": _KEY,
            **dict.fromkeys(("electorate", "frozen", "verdict", "urn", "recused", "attendance"), "about all members of the body"),
        },
        of_action,
        (_NUMBER,),
        took_part,
    ),
    Part("opinion", _OPINION, heard, {"id": _KEY, "review_id": _KEY, "event_id": _KEY}, with_opinion, (_NUMBER, _BODY, _ROUND)),
    Part(
        "early_opinion",
        table(EarlyOpinion),
        seat_in(table(EarlyOpinion).c.seat),
        {"id": _KEY, "action_id": _ITS_ACTION, "review_id": _KEY, "event_id": _KEY},
        of_action,
        (_NUMBER,),
    ),
    Part(
        "conflict",
        table(Conflict),
        seat_in(table(Conflict).c.seat),
        {"id": _KEY, "action_id": _ITS_ACTION, "event_id": _KEY},
        of_action,
        (_NUMBER,),
    ),
    Part(
        "reservation",
        table(Reservation),
        seat_in(table(Reservation).c.seat),
        {"id": _KEY, "action_id": _ITS_ACTION, "review_id": _KEY},
        of_action,
        (_NUMBER,),
    ),
    Part("blocker", table(Blocker), seat_in(table(Blocker).c.seat), {"id": _KEY, "action_id": _ITS_ACTION}, of_action, (_NUMBER,)),
    Part(
        "action",
        _ACTION,
        led_or_proposed,
        {
            "id": _KEY,
            "convention": _HOME,
            "sheet": "the convention's record, of which only who leads is about a person",
            "lead_person": "perhaps somebody else",
            **dict.fromkeys(("version", "head", "sealed"), "of the log"),
        },
        more=(_LED,),
        theirs=leads,
    ),
    Part(
        "report",
        table(Report),
        lambda subject: _EVENT.c.actor.in_(subject.seats) & (_ACTION.c.convention == subject.work.convention),
        {"id": _KEY, "action_id": _ITS_ACTION, "event_id": _KEY},
        of_event,
        (_NUMBER,),
    ),
    Part(
        "text",
        _WORDS,
        lambda subject: written_by(subject.work, subject.person.id, subject.seats),
        {"convention": _HOME, "action_id": _ITS_ACTION, "salt": _HASHED},
        of_action,
        (_NUMBER,),
    ),
    Part(
        "meeting_text",
        _SAID,
        lambda subject: written_of_meetings(subject.work, subject.seats),
        {"convention": _HOME, "meeting_id": "said by the number of the meeting", "salt": _HASHED},
        lambda rows: rows.join(_MEETING, _MEETING.c.id == rows.c.meeting_id),
        (_MEETING.c.number.label("meeting"),),
    ),
    Part(
        "meeting",
        _MEETING,
        named_in(_MEETING.c.attendance),
        {
            "id": _KEY,
            "convention": _HOME,
            "charter_id": _KEY,
            **dict.fromkeys(("version", "head"), "of the log"),
            **dict.fromkeys(
                ("place_id", "link_id", "second_of", "convened_on", "notice", "quorum", "attendance"),
                "about the meeting, or all who attended",
            ),
        },
        theirs=attended,
    ),
    Part(
        "act",
        _EVENT,
        seat_in(_EVENT.c.actor, _EVENT.c.on_behalf_of),
        {
            "action_id": _ITS_ACTION,
            "convention": _HOME,
            "payload": "ids and hashes; what of it is theirs stands in the other parts",
            **dict.fromkeys(("position", "id", "schema_version", "cause", "seen_version", "owed", "published_at", "ahead"), _KEY),
            **dict.fromkeys(("digest", "hash"), "of the log"),
        },
        of_action,
        (_NUMBER,),
    ),
    Part(
        "delivery",
        table(Delivery),
        own(table(Delivery)),
        {
            **_DELIVERED,
            "details": "what the message was about, in codes, perhaps of others",
            "convention": _HOME,
            "person_id": _SELF,
            "stage": _KEY,
        },
        of_delivery,
        (_NUMBER,),
    ),
    Part("bounce", table(Bounce), own(table(Bounce)), {"convention": _HOME, "person_id": _SELF}),
    Part(
        "sign_in",
        table(SignIn),
        own(table(SignIn)),
        {"key": _WITHHELD, "session": _WITHHELD, "person_id": _SELF, **dict.fromkeys(("delivery_id", "account_id"), _KEY)},
    ),
    Part("account", table(Account), own(table(Account)), {"id": _KEY, "convention": _HOME, "person_id": _SELF}),
    Part("token", table(Token), own(table(Token)), {"hashed": _WITHHELD, "convention": _HOME, "person_id": _SELF, "id": _KEY}),
    Part("preference", table(Preference), own(table(Preference)), {"convention": _HOME, "person_id": _SELF, "version": _KEY}),
    Part("wish", table(Wish), own(table(Wish)), {"convention": _HOME, "person_id": _SELF}),
    Part("mute", table(Mute), own(table(Mute)), {"convention": _HOME, "person_id": _SELF, "action_id": _ITS_ACTION}, of_action, (_NUMBER,)),
    Part("saved_view", table(SavedView), own(table(SavedView)), {"id": _KEY, "convention": _HOME, "person_id": _SELF}),
    Part(
        "feed",
        table(Feed),
        own(table(Feed)),
        {"id": _WITHHELD, "content": _KEY, "convention": _HOME, "person_id": _SELF, "body": "a person's calendar is of no body"},
    ),
    Part(
        "subscription",
        table(Webhook),
        lambda subject: table(Webhook).c.made_by.in_(subject.seats) & (table(Webhook).c.convention == subject.work.convention),
        {
            "id": _KEY,
            "convention": _HOME,
            **dict.fromkeys(("key", "former_key", "former_until"), _WITHHELD),
            **dict.fromkeys(("topics", "state", "reason", "failures", "failing_since", "rest_until"), "about the program"),
        },
    ),
    Part(
        "foretold",
        table(Foretold),
        own(table(Foretold)),
        {"convention": _HOME, "person_id": _SELF, "action_id": _ITS_ACTION, "told_in": _KEY},
        of_action,
        (_NUMBER,),
    ),
    Part(
        "deadline",
        table(Deadline),
        lambda subject: table(Deadline).c.about.in_(subject.seats) & (table(Deadline).c.convention == subject.work.convention),
        {
            "convention": _HOME,
            **dict.fromkeys(
                (
                    "id",
                    "action_id",
                    "stage",
                    "subject",
                    "due_at",
                    "rung",
                    "asked_by",
                    "told_on",
                    "planned_at",
                    "settled_by",
                    "tries",
                    "not_before",
                ),
                _KEY,
            ),
        },
    ),
)
"""Everything that is told, in the order in which people read it."""

WITHOUT: Mapping[str, str] = {
    "agenda_item": "an agenda names actions and texts",
    "attachment": "a file of an action; who attached it is an act",
    "charter": "rules, with the addresses of offices",
    "counter": "numbers given",
    "decision": "what a body decided; who recorded it is an act",
    "deliberation": "what a partner decided; who recorded it is an act",
    "fanout": "how many messages an event called for",
    "former_name": "hashes that hide names in what is public, of which nothing says whose they were",
    "home": "what the installation is",
    "lease": "which process is at work",
    "milestone": "the steps of an action",
    "reaction": "automatic steps that failed",
    "request": "keys of an earlier release, beside the acts that they asked for",
    "sweep": "when stages were last swept",
    "wake": "when stages were last woken",
    "webhook_delivery": "what programs were told of events",
    "webhook_try": "what came of posts to programs",
}
"""The tables in which nothing is kept about a person, or nothing that is not told otherwise, each with why."""

READ: Mapping[str, tuple[str, Callable[[Subject], list[Row]]]] = {"meeting_event": ("meeting_act", acts_on_meetings)}
"""Tables that are read otherwise than column by column: the name of the part, and what reads it."""
