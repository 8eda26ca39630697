"""Every operation of the API in one table: the routes, their description and the pages about them are made from it."""

from collections.abc import Iterator

from models.lifecycle import Verb
from models.meetings import MeetingVerb
from portal.acts import NEW, form_of
from portal.api import answers, answers_across, answers_bodies, commands, reads, reads_across, reads_bodies
from portal.api.call import Endpoint
from portal.api.forms import Body, of_meeting
from services.forms import FORMS, DecisionForm, OpenReviewForm
from services.meetings.forms import MEETING_FORMS

_ACTION, _MEETING = "/actions/{number}", "/meetings/{number}"
_READS = (
    Endpoint("me", "api_me", "GET", "/me", reads.me, answers.Me, "self"),
    Endpoint("deadlines", "api_deadlines", "GET", "/deadlines", reads_bodies.deadlines, answers_bodies.OwnDeadlines, "self"),
    Endpoint("charter", "api_charter", "GET", "/charter", reads.charter, answers.CharterAnswer, "self"),
    Endpoint("status", "api_status", "GET", "/status", reads_bodies.status, answers_bodies.StatusAnswer, "self"),
    Endpoint("actions", "api_actions", "GET", "/actions", reads.actions, answers.ActionList, "actions", query=reads.ActionsAsked),
    Endpoint("action", "api_action", "GET", _ACTION, reads.action, answers.ActionAnswer, "actions", versioned=True),
    Endpoint(
        *("explain", "api_explain", "GET", f"{_ACTION}/explain", reads.explain, answers.Explained, "actions"),
        query=reads.OfBody,
        versioned=True,
    ),
    Endpoint(
        *("events", "api_events", "GET", f"{_ACTION}/events", reads.events, answers.EventList, "actions"),
        query=reads.EventsAsked,
        versioned=True,
    ),
    Endpoint(
        *("reviews", "api_reviews", "GET", f"{_ACTION}/reviews", reads_bodies.reviews, answers_bodies.ReviewFiles, "actions"),
        query=reads.OfBody,
    ),
    Endpoint("file", "api_file", "GET", f"{_ACTION}/files/{{sha256}}", reads.file, None, "actions"),
    Endpoint(
        *("search", "api_search", "GET", "/search", reads_across.found, answers_across.FoundPage, "across"), query=reads_across.SearchAsked
    ),
    Endpoint("awaited", "api_awaited", "GET", "/awaited", reads_across.awaited, answers_across.AwaitedList, "across", query=reads.OfBody),
    Endpoint(
        *("decisions", "api_decisions", "GET", "/decisions", reads_bodies.decisions, answers_bodies.DecisionList, "decisions"),
        query=reads_bodies.DecisionsAsked,
    ),
    Endpoint(
        *("meetings", "api_meetings", "GET", "/meetings", reads_bodies.meetings, answers_bodies.MeetingList, "meetings"),
        query=reads_bodies.MeetingsAsked,
    ),
    Endpoint("meeting", "api_meeting", "GET", _MEETING, reads_bodies.meeting, answers_bodies.MeetingAnswer, "meetings", versioned=True),
)
_TO_OPEN = frozenset({Verb.OPEN_TECHNICAL_REVIEW, Verb.OPEN_STEERING_REVIEW})


def _creating() -> Iterator[Endpoint]:
    for form in NEW.values():
        body = Body(str(form.verb), form)
        yield Endpoint(
            *(body.name, "api_create", "POST", f"/actions/{form.verb}", commands.create(body), answers.Done, "creating"),
            kind="command",
            body=body,
            creates=True,
            versioned=True,
        )


def _acting() -> Iterator[Endpoint]:
    """Every verb that people ask of an action, in the order of its life."""
    asked = dict.fromkeys(verb for form in FORMS if "action" in form.model_fields for verb in (form.verb, *_also(form)))
    for verb in asked:
        body = _body_of(verb)
        yield Endpoint(
            *(body.name, "api_act", "POST", f"{_ACTION}/{verb}", commands.act(body, verb), answers.Done, "acting"),
            kind="command",
            body=body,
            versioned=True,
        )
    yield Endpoint(
        *(str(Verb.ATTACH), "api_attach", "POST", f"{_ACTION}/{Verb.ATTACH}", commands.attach, answers.Done, "acting"),
        kind="file",
        query=commands.FileAsked,
        versioned=True,
    )


def _also(form: type) -> tuple[Verb, ...]:
    """The further verbs that a form stands for."""
    if form is DecisionForm:
        return (Verb.REFER, Verb.ADJOURN, Verb.REJECT)
    return (Verb.OPEN_STEERING_REVIEW,) if form is OpenReviewForm else ()


def _body_of(verb: Verb) -> Body:
    if verb is Verb.RETURN:  # before any review by a secretary, in one by the body that is named
        return Body(str(verb), DecisionForm, optional=frozenset({"seat", "body"}))
    form = form_of(verb, "")
    if form is None:
        raise LookupError(verb)
    body = Body(str(verb), form)
    return Body(body.name, form, body.left_out | {"body"}) if verb in _TO_OPEN else body


def _meeting() -> Iterator[Endpoint]:
    for form in MEETING_FORMS:
        body, plans = of_meeting(f"{form.verb}_meeting", form), form.verb is MeetingVerb.PLAN
        yield Endpoint(
            *(body.name, "api_meeting_act", "POST", f"/meetings/{form.verb}" if plans else f"{_MEETING}/{form.verb}"),
            *(commands.act_on_meeting(body), answers.Done, "holding"),
            kind="command",
            body=body,
            creates=plans,
            versioned=True,
        )


ENDPOINTS: tuple[Endpoint, ...] = (*_READS, *_creating(), *_acting(), *_meeting())
"""Every one of them, those of a group together."""
GROUPS = tuple(dict.fromkeys(endpoint.group for endpoint in ENDPOINTS))
