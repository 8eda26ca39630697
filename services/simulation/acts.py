"""What people do, each act by the services that the portal and the links of mails use. A refusal is counted, never hidden."""

from collections import Counter
from collections.abc import Iterable
from itertools import count
from typing import Any

import sqlalchemy as sa

from models.charter import VOTING_ROLES, ActionSheet, BodyKind, OpinionValue, Role
from models.commands import COMMANDS, Actor, Command, Via
from models.errors import Refused
from models.lifecycle import Verb
from models.tables import Action, table
from services.bootstrap import App
from services.clock import local_day
from services.dispatch import execute
from services.reservations import standing_facts
from services.simulation.setting import Setting
from services.standing_in import standing_in
from services.timelapse.seeds import Random
from services.wording import Wording

_ACTION = table(Action)


class Acts:
    """Asks the services for things, as persons would."""

    def __init__(self, app: App, setting: Setting) -> None:
        """``done`` and ``refused`` count what was asked, by verb; what was refused, also by the first reason."""
        self._app, self._setting = app, setting
        self._wording = Wording(setting.charter.convention.languages[0])
        self._keys = count(1)
        self.done: Counter[str] = Counter()
        self.refused: Counter[tuple[str, str]] = Counter()

    def propose(self, seat: str, sheet: ActionSheet) -> bool:
        """Propose an action."""
        return self._ask(Verb.PROPOSE, None, seat, sheet=sheet)

    def give_opinions(self, person: str, number: str, body: str, chance: Random) -> bool:
        """Answer for each of one's own seats in a body, and for those one stands in for. True unless every answer was refused."""
        own = [(seat, None) for seat in self._setting.seats_of(person, body, *VOTING_ROLES)]
        asked = [*own, *((deputy, voter) for deputy, voter in self._stands_in_for(person, body))]
        answers = [self._give_opinion(seat, voter, number, body, chance) for seat, voter in asked]
        return any(answers)

    def _stands_in_for(self, person: str, body: str) -> list[tuple[str, str]]:
        mine = self._setting.seats_of(person, body, Role.DEPUTY)
        if not mine:
            return []
        with self._app.db.read() as connection:
            found = standing_in(connection, self._convention, self._today)
        return [(pair.deputy, pair.voter) for pair in found if pair.deputy in mine]

    def _give_opinion(self, seat: str, behalf: str | None, number: str, body: str, chance: Random) -> bool:
        opinion = self._opinion(body, chance)
        rules = self._setting.charter.body(body)
        reasoned = rules is not None and rules.rules is not None and opinion in rules.rules.reasons_required_for
        reason = self._wording.say("simulation.said.opinion") if reasoned else None
        return self._ask(Verb.RECORD_OPINION, number, seat, behalf=behalf, body=body, voter=behalf or seat, opinion=opinion, reason=reason)

    def _opinion(self, body: str, chance: Random) -> OpinionValue:
        """One of the opinions that the body knows, drawn by the shares of the manners."""
        rules = self._setting.charter.body(body)
        known = rules.rules.opinions if rules and rules.rules else ()
        shares = self._setting.manners.opinions.model_dump()
        offered = [value for value in map(OpinionValue, shares) if value in known] or list(known)
        return chance.choices(offered, [shares.get(value, 1.0) or 1e-9 for value in offered])[0]

    def report_progress(self, person: str, number: str, percent: int, reached: Iterable[int] = ()) -> bool:
        """Report progress, and milestones that were reached."""
        summary = self._wording.say("simulation.said.progress", percent=percent)
        return self._lead(Verb.REPORT_PROGRESS, person, number, percent=percent, summary=summary, reached=tuple(reached))

    def start(self, person: str, number: str) -> bool:
        """Begin an action that was approved."""
        return self._lead(Verb.START, person, number)

    def suspend(self, person: str, number: str) -> bool:
        """Suspend an action."""
        return self._lead(Verb.SUSPEND, person, number, reason=self._wording.say("simulation.said.suspended"))

    def resume(self, person: str, number: str) -> bool:
        """Go on with it."""
        return self._lead(Verb.RESUME, person, number)

    def abandon(self, number: str) -> bool:
        """Abandon an action, as the technical secretary."""
        clerk = self._setting.clerk_of(self._setting.charter.body_of_kind(BodyKind.TECHNICAL).code)
        return self._ask(Verb.ABANDON, number, clerk, reason=self._wording.say("simulation.said.abandoned"))

    def complete(self, person: str, number: str) -> bool:
        """Say that an action is completed."""
        return self._lead(Verb.COMPLETE, person, number)

    def file_report(self, person: str, number: str, *, whole: bool) -> bool:
        """File the final report, or its results alone."""
        lessons = {"lessons": self._wording.say("simulation.said.lessons")} if whole else {}
        return self._lead(Verb.FILE_FINAL_REPORT, person, number, results=self._wording.say("simulation.said.results"), **lessons)

    def resubmit(self, person: str, number: str) -> bool:
        """Propose a returned action again."""
        return self._lead(Verb.RESUBMIT, person, number, reason=self._wording.say("simulation.said.resubmitted"))

    def lift_reservations(self, number: str, action_id: int, body: str) -> bool:
        """Note that the reservations of a body are met."""
        with self._app.db.read() as connection:
            standing = [one.number for one in standing_facts(connection, action_id) if one.body == body]
        met, clerk = self._wording.say("simulation.said.met"), self._setting.clerk_of(body)
        lifted = [self._ask(Verb.LIFT_RESERVATION, number, clerk, reservation=each, reason=met) for each in standing]
        return all(lifted)

    def reopen(self, number: str, body: str) -> bool:
        """Have an adjourned action examined again by the committee that adjourned it."""
        steering = self._setting.charter.body_of_kind(BodyKind.STEERING).code
        verb = Verb.OPEN_STEERING_REVIEW if body == steering else Verb.OPEN_TECHNICAL_REVIEW
        return self._ask(verb, number, self._setting.clerk_of(body), body=body)

    def decide(self, verb: Verb, number: str, body: str, reference: str) -> bool:
        """Record a decision of a committee."""
        reason = None if verb is Verb.APPROVE else self._wording.say("simulation.said.decided")
        return self._ask(verb, number, self._setting.clerk_of(body), body=body, reference=reference, reason=reason)

    def note_refusal(self, verb: str, refused: Refused) -> None:
        """Count what was refused."""
        self.refused[verb, refused.problems[0].code] += 1

    def key(self) -> str:
        """A fresh key for a request."""
        return f"simulation-{next(self._keys):08}"

    def state_of(self, number: str) -> str:
        """Where an action stands."""
        with self._app.db.read() as connection:
            mine = (_ACTION.c.convention == self._convention) & (_ACTION.c.number == number)
            return str(connection.execute(sa.select(_ACTION.c.state).where(mine)).scalar_one())

    @property
    def _convention(self) -> str:
        return self._setting.charter.convention.code

    @property
    def _today(self) -> Any:
        return local_day(self._app.clock.now(), self._setting.charter.convention.timezone)

    def _lead(self, verb: Verb, person: str, number: str, **values: Any) -> bool:
        return self._ask(verb, number, self._setting.seats_of(person)[0], **values)

    def _ask(self, verb: Verb, number: str | None, seat: str, *, behalf: str | None = None, **values: Any) -> bool:
        actor = Actor(seat=seat, on_behalf_of=behalf, via=Via.PORTAL)
        common = {"verb": verb, "convention": self._convention, "action": number, "actor": actor, "occurred_on": self._today}
        try:
            execute(self._app, COMMANDS.get(verb, Command)(**common, key=self.key(), **values))
        except Refused as refused:
            self.note_refusal(verb, refused)
            return False
        self.done[verb] += 1
        return True
