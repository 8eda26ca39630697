"""What everybody in a simulation goes by: who sits where, when they are away, how they behave, and the seed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from models.charter import VOTING_ROLES, BodyKind, Charter, Role
from models.errors import Fault
from models.tables import Person, Seat, table
from services.bootstrap import App
from services.calendars import calendar_of
from services.charter_store import charter_in_force, the_convention
from services.simulation.manners import Manners
from services.simulation.office import Office, times_away
from services.timelapse.seeds import Random, seeded

_PERSON, _SEAT = table(Person), table(Seat)
Away = tuple[tuple[date, date], ...]


@dataclass(frozen=True, slots=True)
class Sitting:
    """A seat and who holds it."""

    seat: str
    body: str
    role: str
    person: str


@dataclass(frozen=True)
class Setting:
    """Everything that does not change while time passes."""

    charter: Charter
    manners: Manners
    office: Office
    seed: int
    seats: Sequence[Sitting]
    away: Mapping[str, Away]

    def chance(self, *purpose: object) -> Random:
        """What is drawn for one purpose is the same whatever else happens: two cadences are tried on the same people."""
        return seeded(self.seed, *purpose)

    def seats_of(self, person: str, body: str | None = None, *roles: str) -> list[str]:
        """The seats that somebody holds, in a body and in these roles if they are named."""
        mine = (one for one in self.seats if one.person == person and body in (None, one.body))
        return [one.seat for one in mine if not roles or one.role in roles]

    def clerk_of(self, body: str) -> str:
        """The secretary's seat of a body; the technical committee's where it has none. Raises Fault if neither has."""
        for wanted in (body, self.charter.body_of_kind(BodyKind.TECHNICAL).code):
            for one in self.seats:
                if (one.body, one.role) == (wanted, Role.SECRETARY):
                    return one.seat
        raise Fault(f"nobody is secretary of {body}, nor of the technical committee")

    def voters_of(self, body: str) -> list[Sitting]:
        """Who votes in a body."""
        return [one for one in self.seats if one.body == body and one.role in VOTING_ROLES]

    def is_away(self, person: str, day: date) -> bool:
        """Whether somebody is away on a day."""
        return any(first <= day <= last for first, last in self.away.get(person, ()))


def setting_of(app: App, manners: Manners, seed: int, until: date) -> Setting:
    """The setting of an application's only convention, from today until a day."""
    with app.db.read() as connection:
        charter = charter_in_force(connection, the_convention(connection))
        seats = _sittings(connection, charter.convention.code, until)
    office = Office(manners.hours, calendar_of(charter), ZoneInfo(charter.convention.timezone))
    today, persons = office.day_of(app.clock.now()), sorted({one.person for one in seats})
    away = {person: times_away(manners.absences, today, until, seeded(seed, "away", person)) for person in persons}
    return Setting(charter, manners, office, seed, seats, away)


def _sittings(connection: sa.Connection, convention: str, until: date) -> list[Sitting]:
    lasting = _SEAT.c.ends_on.is_(None) | (_SEAT.c.ends_on >= until)
    query = sa.select(_SEAT.c.code, _SEAT.c.body, _SEAT.c.role, _PERSON.c.code).join(_PERSON, _PERSON.c.id == _SEAT.c.person_id)
    rows = connection.execute(query.where(_SEAT.c.convention == convention, lasting).order_by(_SEAT.c.code))
    return [Sitting(*row) for row in rows]
