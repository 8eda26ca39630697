"""The persons of a simulation: they read their mails, heed the first message, a reminder or none, and answer in their own time."""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from models.charter import VOTING_ROLES, ActionSheet, Role
from models.errors import Refused
from services.absences import note_absence
from services.bootstrap import App
from services.simulation.acts import Acts
from services.simulation.asking import asks, is_owner
from services.simulation.committee import Committee
from services.simulation.manners import Asking
from services.simulation.office import heeds, time_taken
from services.simulation.pilots import Pilots
from services.simulation.received import Told, read_mail
from services.simulation.setting import Setting
from services.timelapse.driver import Script
from services.timelapse.outbox import Letter
from services.timelapse.seeds import Random

_NOTED_DAYS = 10
"""Working days before an absence at which it is noted."""
_WHOLE = 0.85
"""Share of final reports that are whole when they are first filed."""
Key = tuple[Asking, str, str, str | None]


@dataclass
class Asked:
    """Something that somebody was asked for. ``heed``: the message that moves them, counted from 0; None: none does."""

    chance: Random
    heed: int | None
    told: int = 0
    due: bool = False


class Minds:
    """The agenda of everybody."""

    def __init__(self, app: App, setting: Setting) -> None:
        """Nobody has anything in mind yet."""
        self._app, self._setting = app, setting
        self.acts, self._script = Acts(app, setting), Script()
        self.pilots = Pilots(app, setting, self.acts, self._script)
        self._mails: deque[UUID] = deque()
        self._asked: dict[Key, Asked] = {}
        self._times: dict[Key, int] = {}
        self.never = 0

    @property
    def today(self) -> date:
        """The day."""
        return self._setting.office.day_of(self._app.clock.now())

    def take_in(self, letter: Letter) -> None:
        """A mail arrives; it is read before anything else happens."""
        self._mails.append(letter.delivery)

    def propose(self, moment: datetime, seat: str, sheet: ActionSheet) -> None:
        """Somebody will propose an action."""
        self._script.at(moment, lambda _: self.acts.propose(seat, sheet))

    def live(self, first: datetime, last: datetime) -> None:
        """The meetings and absences of the years to come."""
        office = self._setting.office
        Committee(self._app, self._setting, self.acts).plan(self._script, office.day_of(first), office.day_of(last))
        for person, away in self._setting.away.items():
            for begun, ended in away:
                if self._setting.chance("announces", person, begun).random() < self._setting.manners.absences.announced:
                    noted = office.at(office.calendar.count_on(begun, -_NOTED_DAYS))
                    self._script.at(max(noted, first), self._noting(person, begun, ended))

    def _noting(self, person: str, begun: date, ended: date) -> Callable[[App], object]:
        return lambda _: self._note_away(person, begun, ended)

    def next_at(self) -> datetime | None:
        """The moment of the next act, once every mail is read."""
        while self._mails:
            for told in read_mail(self._app, self._mails.popleft()):
                self._hear(told)
        return self._script.next_at()

    def act(self, app: App) -> None:
        """Carry out what is due."""
        self._script.act(app)

    def _hear(self, told: Told) -> None:
        """Understand a message: something is asked for the first time, once more, or somebody else has not done it."""
        asked = asks(told.topic)
        if asked is None:
            return
        if told.because in asked.of:
            self._be_asked(told, asked.asking, anew=asked.anew)
        elif told.lead and not is_owner(told.because):
            self._speak_to(replace(told, person=told.lead), asked.asking)

    def _be_asked(self, told: Told, asking: Asking, *, anew: bool) -> None:
        key = _key(told, asking)
        if anew or key not in self._asked:
            self._asked[key] = self._asked_anew(key)
        asked = self._asked[key]
        asked.told += 1
        if asked.heed is not None and asked.told > asked.heed:
            self._answer_later(told, asking, asked)

    def _speak_to(self, told: Told, asking: Asking) -> None:
        """Somebody above speaks to whoever carries the action out, who may then act at last."""
        asked = self._asked.get(_key(told, asking))
        if asked is not None and not asked.due and asked.chance.random() < self._setting.manners.moved_from_above:
            self._answer_later(told, asking, asked)

    def _asked_anew(self, key: Key) -> Asked:
        self._times[key] = times = self._times.get(key, 0) + 1
        chance = self._setting.chance(*key, times)
        heed = heeds(self._setting.manners.when_asked(key[0]), chance)
        self.never += heed is None
        return Asked(chance, heed)

    def _answer_later(self, told: Told, asking: Asking, asked: Asked) -> None:
        if asked.due:
            return
        asked.due = True
        office = self._setting.office
        moment = office.after(self._app.clock.now(), time_taken(self._setting.manners.when_asked(asking), asked.chance))
        moment = office.back_from(self._setting.away.get(told.person, ()), moment)
        self._script.at(moment, lambda _: self._ways[asking](told, asked))

    @property
    def _ways(self) -> Mapping[Asking, Callable[[Told, Asked], object]]:
        acts, pilots = self.acts, self.pilots
        return {
            Asking.OPINION: lambda told, asked: acts.give_opinions(told.person, told.number, told.body or "", asked.chance),
            Asking.PROGRESS: lambda told, _: pilots.report(told.number),
            Asking.MILESTONE: lambda told, _: pilots.report(told.number),
            Asking.FINAL_REPORT: lambda told, asked: acts.file_report(told.person, told.number, whole=asked.chance.random() < _WHOLE),
            Asking.START: lambda told, _: pilots.start(told.person, told.number),
            Asking.RESUBMISSION: lambda told, _: acts.resubmit(told.person, told.number),
            Asking.RESERVATION: lambda told, _: acts.lift_reservations(told.number, told.action_id, told.body or ""),
            Asking.REOPENING: lambda told, _: acts.reopen(told.number, told.body or ""),
        }

    def _note_away(self, person: str, first: date, last: date) -> None:
        """An absence is noted, with a deputy of one of the person's bodies who is there, if there is one."""
        given = {"starts_on": first.isoformat(), "ends_on": last.isoformat(), "deputy": self._deputy_for(person, first)}
        try:
            note_absence(self._app, self._setting.charter.convention.code, person, given)
        except Refused as refused:
            self.acts.note_refusal("note_absence", refused)

    def _deputy_for(self, person: str, day: date) -> str:
        bodies = {one.body for one in self._setting.seats if one.person == person and one.role in VOTING_ROLES}
        there = (one for one in self._setting.seats if one.role == Role.DEPUTY and one.body in bodies and one.person != person)
        return next((one.seat for one in there if not self._setting.is_away(one.person, day)), "")


def _key(told: Told, asking: Asking) -> Key:
    """What tells two things apart that people are asked for."""
    subject = told.payload.get("subject")
    matter = str(subject) if subject is not None else told.body if asking is Asking.OPINION else None
    return asking, told.person, told.number, matter
