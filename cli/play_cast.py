"""Who and what is on stage: the actions by their roles, the seats by what they do."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from cli.play_steps import PROVISIONS, Place, Role, Who
from cli.words import say
from models.charter import VOTING_ROLES, ActionSheet, BodyKind, Charter, MilestonePlan
from models.charter import Role as SeatRole
from models.errors import Problem, Refused
from models.lifecycle import State
from services import queries
from services.bootstrap import App
from services.charter_store import charter_in_force, the_convention
from services.clock import local_day
from services.people import list_people
from services.people_csv import PersonRow, SeatRow

_ALREADY, _STILL, _STEP = timedelta(days=150), timedelta(days=600), timedelta(days=330)


@dataclass(slots=True)
class Cast:
    """The charter, the seats held, and which action plays which role; roles are given as the play goes."""

    app: App
    charter: Charter
    people: list[PersonRow]
    numbers: dict[Role, str] = field(default_factory=dict)

    @property
    def today(self) -> date:
        """Today on the rehearsal's clock, where the convention lives."""
        return local_day(self.app.clock.now(), self.charter.convention.timezone)

    def view(self, role: Role) -> queries.Row:
        """The action of a role as ``passerelle action show`` gives it."""
        return queries.show_action(self.app, self.numbers[role], convention=self.charter.convention.code)

    def sheet(self, role: Role) -> ActionSheet:
        """The sheet that a fresh action of this role is proposed with."""
        return self.charter.provisions[PROVISIONS.index(role)] if role in PROVISIONS else self._own_sheet(role)

    def body(self, place: Place, view: queries.Row) -> str | None:
        """The code of the body meant, for this action; None for a group where fewer are consulted."""
        if place is Place.TECHNICAL:
            return self.charter.body_of_kind(BodyKind.TECHNICAL).code
        if place is Place.STEERING:
            return self.charter.body_of_kind(BodyKind.STEERING).code
        groups = list(dict.fromkeys(review["body"] for review in view["reviews"] if self._is_group(review["body"])))
        position = 0 if place is Place.FIRST_GROUP else 1
        return groups[position] if position < len(groups) else None

    def secretary(self, body: str) -> str:
        """The seat of a body's secretary; the technical committee's where a group has none."""
        technical = self.charter.body_of_kind(BodyKind.TECHNICAL).code
        found = [seat for code in (body, technical) for seat in self._seats() if seat.body == code and seat.role == SeatRole.SECRETARY]
        return found[0].code

    def seat_of(self, who: Who, role: Role, body: str | None) -> str:
        """The seat that acts."""
        technical = self.charter.body_of_kind(BodyKind.TECHNICAL).code
        if who is Who.LEAD:
            return self._lead(self.view(role)["lead_person"])
        if who is Who.MEMBER:
            return [seat for seat in self._seats() if seat.body == technical and seat.role in VOTING_ROLES][-1].code
        if who is Who.STEERING_SECRETARY:
            return self.secretary(self.charter.body_of_kind(BodyKind.STEERING).code)
        return self.secretary(body or technical) if who is Who.BODY_SECRETARY else self.secretary(technical)

    def untouched(self) -> dict[Role, str]:
        """Of each provision, the newest action that waits for its first opinion: nobody has done anything about it yet."""
        found: dict[Role, str] = {}
        for action in queries.list_actions(self.app, state=State.TECHNICAL_REVIEW, convention=self.charter.convention.code):
            role = next((role for role in PROVISIONS if self.sheet(role).title == action["title"]), None)
            if role is not None and _untouched(queries.show_action(self.app, action["number"], convention=self.charter.convention.code)):
                found[role] = action["number"]
        return found

    def lacks(self) -> Iterator[Problem]:
        """What is missing for the play: provisions, secretariats, voters, or pilots who hold a seat."""
        if len(self.charter.provisions) < len(PROVISIONS):
            yield Problem("play.few_provisions", {"count": len(self.charter.provisions), "needed": len(PROVISIONS)})
        for kind in (BodyKind.TECHNICAL, BodyKind.STEERING):
            body = self.charter.body_of_kind(kind).code
            held = {seat.role for seat in self._seats() if seat.body == body}
            if SeatRole.SECRETARY not in held or not held & {SeatRole.CHAIR, SeatRole.MEMBER}:
                yield Problem("play.body_empty", {"body": body})
        for sheet in self.charter.provisions[: len(PROVISIONS)]:
            if not any(person.code == sheet.lead_person and person.seats for person in self.people):
                yield Problem("play.lead_unseated", {"person": sheet.lead_person or "-", "title": sheet.title})

    def _own_sheet(self, role: Role) -> ActionSheet:
        """An idea without its details, or a complete sheet already under way, with codes of the charter in force."""
        axis = self.charter.axes[0].code
        title = say(f"play.sheet.{role}.title")
        if role is Role.WITHDRAWN:
            return ActionSheet(title=title, axis=axis)
        model = self.sheet(Role.CLOSED)
        done, planned = (say(f"play.sheet.{role}.{name}") for name in ("first_step", "last_step"))
        return model.model_copy(
            update={
                "title": title,
                "context": say(f"play.sheet.{role}.context"),
                "description": say(f"play.sheet.{role}.description"),
                "indicators": None,
                "starts_on": self.today - _ALREADY,
                "ends_on": self.today + _STILL,
                "milestones": (
                    MilestonePlan(title=done, due_on=self.today - _ALREADY / 2),
                    MilestonePlan(title=planned, due_on=self.today + _STEP),
                ),
            }
        )

    def _is_group(self, code: str) -> bool:
        body = self.charter.body(code)
        return body is not None and body.kind is BodyKind.THEMATIC

    def _lead(self, person: str | None) -> str:
        """The pilot's seat, one with a vote if there is one."""
        held = [seat for row in self.people if row.code == person for seat in row.seats]
        return min(held, key=lambda seat: (seat.role not in VOTING_ROLES, seat.code)).code

    def _seats(self) -> list[SeatRow]:
        today = self.today
        held = (seat for person in self.people for seat in person.seats)
        mine = (seat for seat in held if seat.starts_on <= today and (seat.ends_on is None or seat.ends_on >= today))
        return sorted(mine, key=lambda seat: seat.code)


def cast_of(app: App) -> Cast:
    """The cast of this home. Refuses a charter or a table of persons with which the play cannot be given, with everything that is missing."""
    with app.db.read() as connection:
        convention = the_convention(connection)
        cast = Cast(app, charter_in_force(connection, convention), list_people(connection, convention))
    Refused.unless_empty(cast.lacks())
    return cast


def _untouched(view: Mapping[str, Any]) -> bool:
    return all(review["round"] == 1 and review["closed_on"] is None and not review["answered"] for review in view["reviews"])
