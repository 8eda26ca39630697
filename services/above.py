"""Who is told above the owner of what is late while people are away: whoever stands in for them, or the next level."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from models.charter import BodyKind
from notifications.catalogue import LEVELS, Audience
from services.audiences import AUDIENCES, Row
from services.deadline_kinds import group_of
from services.standing_in import Away, away_on
from services.work import Work

_OWNER = LEVELS[Audience.LEAD]
_ABOVE = tuple(audience for audience, level in LEVELS.items() if level != _OWNER)
"""Those above the owner, from the bottom to the top."""
_FORMER_LEVELS = {"reservation.delayed": (_OWNER, "group_secretary"), "final_report.delayed": (_OWNER, "technical")}
"""Who was told of these events by the release before, which did not say."""


def levels_told(work: Work, event: Row, action: Row) -> set[str]:
    """The levels to which the rung of an event goes: those that it names, and the next where all of one are away and nobody stands in for them."""
    return _levels(work, event, action, _absent(work, event))


def standing_in_above(work: Work, event: Row, action: Row) -> list[int]:
    """Whoever stands in today for somebody above who is told of an event, by a deputy's seat of the body concerned."""
    absent = _absent(work, event)
    told = _levels(work, event, action, absent) if absent else set[str]()
    levels = [audience for audience in _ABOVE if LEVELS[audience] in told]
    found = (one.person_id for audience in levels for one in _stood_for(work, event, action, audience, absent))
    return list(dict.fromkeys(person for person in found if person is not None))


def _named(event: Row) -> set[str]:
    return {*(event["payload"].get("to") or _FORMER_LEVELS.get(event["topic"], (_OWNER,)))}


def _absent(work: Work, event: Row) -> Sequence[Away]:
    """Who is away today, if anybody above is named at all."""
    return away_on(work.connection, work.convention, work.today) if _named(event) - {_OWNER} else ()


def _levels(work: Work, event: Row, action: Row, absent: Sequence[Away]) -> set[str]:
    told = _named(event)
    for audience, above in pairwise(_ABOVE) if absent else ():
        if LEVELS[audience] in told and _reaches_nobody(work, event, action, audience, absent):
            told.add(LEVELS[above])
    return told


def _reaches_nobody(work: Work, event: Row, action: Row, audience: Audience, absent: Sequence[Away]) -> bool:
    people = {*AUDIENCES[audience](work, event, action)}
    gone = {one.away for one in absent}
    return bool(people) and people <= gone and not any(one.person_id for one in _stood_for(work, event, action, audience, absent))


def _stood_for(work: Work, event: Row, action: Row, audience: Audience, absent: Iterable[Away]) -> list[Away]:
    """Those of the absent who are told on this level, each with the deputy of a body that it is about."""
    people, bodies = {*AUDIENCES[audience](work, event, action)}, _bodies(work, event, action, audience)
    return [one for one in absent if one.away in people and one.body in bodies]


def _bodies(work: Work, event: Row, action: Row, audience: Audience) -> set[str]:
    """The bodies whose seats may stand on a level; the technical committee's where a group has none."""
    if audience is Audience.STEERING_SECRETARY:
        return {work.charter.body_of_kind(BodyKind.STEERING).code}
    group = {group_of(work.charter, event["body"], action["sheet"])} if audience is not Audience.TECHNICAL_SECRETARY else set()
    return {work.charter.body_of_kind(BodyKind.TECHNICAL).code, *group}
