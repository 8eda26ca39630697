"""The ladders of reminders as they were climbed: what each rung cost in mails, and whether it moved anybody."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from models.events import Topic
from services.simulation.asking import asks, is_owner
from services.simulation.dues import OPINION, Thing
from services.simulation.figures import Rung
from services.simulation.letters import Mail
from services.simulation.manners import Asking

_ANSWERED: Mapping[str, Asking] = {
    Topic.PROGRESS_REPORTED: Asking.PROGRESS,
    Topic.FINAL_REPORT_FILED: Asking.FINAL_REPORT,
    Topic.ACTION_RESUBMITTED: Asking.RESUBMISSION,
    Topic.ACTION_STARTED: Asking.START,
    Topic.RESERVATION_LIFTED: Asking.RESERVATION,
}
_Matter = tuple[str, str, str]
Answers = Mapping[_Matter, Sequence[date]]
"""On which days something was done, by what was asked for, the action, and who had to do it (of opinions; else nobody is named)."""


def answers_to(events: Iterable[Any], things: Iterable[Thing]) -> Answers:
    """When people did what they were reminded of."""
    answers: dict[_Matter, list[date]] = defaultdict(list)
    for event in events:
        asking = _ANSWERED.get(event.topic)
        if asking is not None:
            answers[asking, event.number, ""].append(event.occurred_on)
        if event.topic == Topic.PROGRESS_REPORTED and event.payload.get("reached"):
            answers[Asking.MILESTONE, event.number, ""].append(event.occurred_on)
    for thing in things:
        if thing.kind == OPINION and thing.done_on is not None:
            answers[Asking.OPINION, thing.number, thing.person].append(thing.done_on)
    return answers


def rungs_climbed(mails: Iterable[Mail], answers: Answers) -> list[Rung]:
    """Every rung of every kind, in order."""
    sent: Counter[tuple[str, int]] = Counter()
    asked: Counter[tuple[str, int]] = Counter()
    heeded: Counter[tuple[str, int]] = Counter()
    for mail in mails:
        asking = asks(mail.topic)
        if mail.rung is not None and asking is not None:
            sent[asking.asking, mail.rung] += 1
    for key, days in _climbed(mails).items():
        (kind, number, person, _), following = key, [*days[1:], None]
        for (rung, day), after in zip(days, following, strict=True):
            asked[kind, rung] += 1
            done = answers.get((kind, number, person), ())
            heeded[kind, rung] += any(day <= moment and (after is None or moment < after[1]) for moment in done)
    order = {str(asking): place for place, asking in enumerate(Asking)}
    known = sorted(sent, key=lambda key: (order[key[0]], key[1]))
    return [Rung(kind=kind, rung=rung, sent=sent[kind, rung], asked=asked[kind, rung], heeded=heeded[kind, rung]) for kind, rung in known]


def _climbed(mails: Iterable[Mail]) -> Mapping[tuple[str, str, str, Any], list[tuple[int, date]]]:
    """The rungs that were climbed for each thing, with their days; of opinions, for each person who was reminded."""
    found: dict[tuple[str, str, str, Any], dict[int, date]] = defaultdict(dict)
    for kind, mail in _reminders(mails):
        if mail.rung is None or (kind == Asking.OPINION and not is_owner(mail.because)):
            continue
        person = mail.person if kind == Asking.OPINION else ""
        found[kind, mail.number, person, mail.payload.get("deadline")].setdefault(mail.rung, mail.day)
    return {key: sorted(days.items()) for key, days in found.items()}


def _reminders(mails: Iterable[Mail]) -> Iterator[tuple[str, Mail]]:
    for mail in mails:
        asking = asks(mail.topic)
        if asking is not None:
            yield asking.asking, mail
