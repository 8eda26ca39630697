"""The persons and the actions of a simulation, made up for a charter: nobody who exists, every address under ``.example``."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from models.charter import ActionSheet, Body, BodyKind, Charter, MilestonePlan, Role
from models.errors import Refused
from services.people_csv import PersonRow, SeatRow, write_people
from services.simulation.manners import Work
from services.timelapse.seeds import Random
from services.wording import Wording

_OFFICES = (Role.CHAIR, Role.SECRETARY)
_DEPUTIES, _LARGEST_COMMITTEE, _FEWEST, _MANY = 2, 15, 3, 8
_DAYS_A_MONTH = 30.44


@dataclass(frozen=True, slots=True)
class Cast:
    """The persons, and who of them may lead an action: the members of the bodies that decide nothing by themselves."""

    people: tuple[PersonRow, ...]
    leads: tuple[tuple[str, str], ...]

    @property
    def table(self) -> bytes:
        """The persons as a table to be imported."""
        return write_people(self.people).encode()


def cast_for(charter: Charter, persons: int, since: date) -> Cast:
    """So many persons, each with one seat from a day on: chairs, secretaries, members, deputies and observers of every body that examines anything.

    Refuses fewer than are needed for a chair, a secretary and a member in each.
    """
    bodies = [body for body in charter.bodies if body.rules is not None]
    if persons < _FEWEST * len(bodies):
        raise Refused.because("simulation.too_few_persons", "--persons", given=persons, needed=_FEWEST * len(bodies), bodies=len(bodies))
    wording = Wording(charter.convention.languages[0])
    people, leads = [], []
    for body, size in zip(bodies, _sizes(bodies, persons), strict=True):
        for number, role in enumerate(_roles(body, size), 1):
            person = _person(charter, wording, body, role, number, since)
            people.append(person)
            if role is Role.MEMBER and body.kind is not BodyKind.STEERING:
                leads.append((person.code, person.seats[0].code))
    return Cast(tuple(people), tuple(leads))


def _sizes(bodies: list[Body], persons: int) -> list[int]:
    """The committees stay small; the groups share whoever is left."""
    groups = sum(body.kind is BodyKind.THEMATIC for body in bodies)
    even = persons // len(bodies)
    committee = min(even, _LARGEST_COMMITTEE) if groups else even
    sizes = [committee if body.kind is not BodyKind.THEMATIC else 0 for body in bodies]
    shared, left = divmod(persons - sum(sizes), groups or len(bodies))
    for n, body in enumerate(bodies):
        if body.kind is BodyKind.THEMATIC or not groups:
            sizes[n] += shared + (1 if left > 0 else 0)
            left -= 1
    return sizes


def _roles(body: Body, size: int) -> Iterator[Role]:
    """A chair, a secretary, members, two deputies; half of a large group only observes."""
    deputies = min(_DEPUTIES, max(size - _FEWEST, 0))
    members = size - len(_OFFICES) - deputies
    observers = members // 2 if body.kind is BodyKind.THEMATIC and members > _MANY else 0
    yield from _OFFICES
    yield from [Role.MEMBER] * (members - observers)
    yield from [Role.DEPUTY] * deputies
    yield from [Role.OBSERVER] * observers


def _person(charter: Charter, wording: Wording, body: Body, role: Role, number: int, since: date) -> PersonRow:
    partner = charter.partners[number % len(charter.partners)].code
    language = charter.convention.languages[0]
    code = f"{body.code}-{number:03}"
    seat = SeatRow(f"{body.code}-{number:03}".upper(), body.code, role, partner, 1, since, None)
    title = wording.label("role", role)
    name = f"{title[0].upper()}{title[1:]} {number} · {body.name.of(language)}"
    return PersonRow(code, name, f"{code}@{partner}.example", language, (seat,))


def sheets_for(charter: Charter, cast: Cast, days: list[date], manners: Work, chance: Random) -> Iterator[tuple[str, ActionSheet]]:
    """A sheet for each of these days of proposal, in order, with the seat of whoever proposes and leads it."""
    wording = Wording(charter.convention.languages[0])
    for number, day in enumerate(days, 1):
        person, seat = chance.choice(cast.leads)
        yield seat, _sheet(charter, wording, number, person, day, manners, chance)


def _sheet(charter: Charter, wording: Wording, number: int, lead: str, day: date, manners: Work, chance: Random) -> ActionSheet:
    language = charter.convention.languages[0]
    objective = chance.choice(charter.objectives) if charter.objectives else None
    themes = chance.sample([theme.code for theme in charter.themes], _how_many(charter, manners, chance))
    begin = day + timedelta(days=chance.randint(150, 240))
    length = int(chance.randint(*manners.months) * _DAYS_A_MONTH)
    length = min(length, (charter.convention.ends_on - begin).days)
    steps = chance.randint(*manners.milestones)
    named = objective.name.of(language) if objective else charter.axes[0].name.of(language)
    return ActionSheet(
        title=wording.say("simulation.sheet.title", number=number, objective=named)[:200],
        axis=objective.axis if objective else charter.axes[0].code,
        objective=objective.code if objective else None,
        themes=tuple(themes),
        sites=tuple(chance.sample([site.code for site in charter.sites], min(1, len(charter.sites)))),
        context=wording.say("simulation.sheet.context"),
        description=wording.say("simulation.sheet.description"),
        lead_body=lead.rsplit("-", 1)[0],
        lead_person=lead,
        partners=tuple(partner.code for partner in charter.partners),
        starts_on=begin,
        ends_on=begin + timedelta(days=length),
        budget_euros=chance.randint(2, 400) * 500,
        milestones=tuple(
            MilestonePlan(
                title=wording.say("simulation.sheet.milestone", number=step), due_on=begin + timedelta(days=length * step // (steps + 1))
            )
            for step in range(1, steps + 1)
        ),
        indicators=wording.say("simulation.sheet.indicators"),
    )


def _how_many(charter: Charter, manners: Work, chance: Random) -> int:
    return min(len(charter.themes), 2 if chance.random() < manners.second_theme else 1)
