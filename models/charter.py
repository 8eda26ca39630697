"""The charter of a convention: who its partners are, what it aims at, which bodies examine its actions and by which rules.

Everything here is configuration, read from one file and never changed by the program. Each model refuses unknown fields;
what can only be judged on the whole is in ``models.contradictions``.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from models.deadlines import Weekday
from models.ladders import Ladders
from models.privacy import PrivacyNotice
from models.publication import Publication
from models.review.rules import VOTING_ROLES, OpinionValue, ReviewRules, Role
from models.sheet import ActionSheet, Code, MilestonePlan, Title, matching
from models.telling.rules import TellingRules
from models.texts import Language, Text
from models.texts import Rules as _Rules

__all__ = [
    "VOTING_ROLES",
    "ActionSheet",
    "AttachmentRules",
    "Axis",
    "Body",
    "BodyKind",
    "Cadence",
    "CalendarRules",
    "Charter",
    "Code",
    "ConsultationRule",
    "Convention",
    "DeliberationRule",
    "Language",
    "MailAddress",
    "MilestonePlan",
    "Objective",
    "OpinionValue",
    "Partner",
    "Period",
    "PrivacyNotice",
    "Publication",
    "ReviewRules",
    "Role",
    "SchoolEffect",
    "SchoolHolidays",
    "SchoolZone",
    "SenderRules",
    "SheetRules",
    "Site",
    "TellingRules",
    "Text",
    "Theme",
]

MailAddress = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=254),
    AfterValidator(matching(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", "mail_address")),
]
MediaType = Annotated[str, AfterValidator(matching(r"[a-z]+/[a-z0-9.+-]+", "media_type"))]


_LONGEST_MONTH = 31


class BodyKind(StrEnum):
    """What a body is in the convention."""

    STEERING = "steering"
    TECHNICAL = "technical"
    THEMATIC = "thematic"


def _timezone(name: str) -> str:
    if name not in available_timezones():
        raise PydanticCustomError("timezone", "unknown")
    return name


Timezone = Annotated[str, AfterValidator(_timezone)]


class _Entry(_Rules):
    code: Code = Field(description="Short stable name that rows and files use.")
    name: Text = Field(description="Name shown to people.")


class Partner(_Entry):
    """A party to the convention."""


class Site(_Entry):
    """A place where actions happen."""


class Axis(_Entry):
    """A strategic axis of the convention."""


class Theme(_Entry):
    """A theme of cooperation."""


class Objective(_Entry):
    """A concrete objective within an axis."""

    axis: Code = Field(description="Code of the axis it belongs to.")


class Convention(_Rules):
    """The agreement itself."""

    code: Code = Field(description="Short stable name of the convention.")
    name: Text = Field(description="Full name of the convention.")
    short: Title = Field(description="Short name, for subjects of mails and headings.")
    signed_on: date = Field(description="Day of signature.")
    starts_on: date = Field(description="First day of the period.")
    ends_on: date = Field(description="Last day of the period.")
    timezone: Timezone = Field(description="Time zone in which days begin and end, such as Europe/Paris.")
    languages: tuple[Language, ...] = Field(min_length=1, description="Languages offered to people, the default first.")


class ConsultationRule(_Rules):
    """When a thematic group is consulted: on an action of one of these themes, axes or sites, or from this budget on, within these days."""

    themes: tuple[Code, ...] = Field(default=(), description="Codes of themes.")
    axes: tuple[Code, ...] = Field(default=(), description="Codes of axes.")
    sites: tuple[Code, ...] = Field(default=(), description="Codes of sites.")
    budget_from: Decimal | None = Field(
        default=None, gt=0, description="Budget in euros from which on it is consulted; absent: whatever the budget."
    )
    valid_from: date | None = Field(default=None, description="First day of the rule; absent: from the start.")
    valid_until: date | None = Field(default=None, description="Last day of the rule; absent: until the end.")

    def concerns(self, sheet: ActionSheet, day: date) -> bool:
        """Whether the group is consulted on an action with this sheet, in a review opened on this day."""
        if (self.valid_from and day < self.valid_from) or (self.valid_until and day > self.valid_until):
            return False
        named = {*self.themes} & {*sheet.themes} or {*self.sites} & {*sheet.sites} or sheet.axis in self.axes
        rich = self.budget_from is not None and sheet.budget_euros is not None and sheet.budget_euros >= self.budget_from
        return bool(named) or rich


class DeliberationRule(_Rules):
    """What needs a partner's own authority: a committee cannot commit its budget. Its actions from this budget on wait for that decision."""

    partner: Code = Field(description="Code of the partner whose authority decides.")
    budget_from: Decimal | None = Field(
        default=None, gt=0, description="Budget in euros from which on; absent: every action of the partner."
    )

    def concerns(self, sheet: ActionSheet) -> bool:
        """Whether an action with this sheet waits for this partner's authority. One whose budget is not known does."""
        return self.partner in sheet.partners and (
            self.budget_from is None or sheet.budget_euros is None or sheet.budget_euros >= self.budget_from
        )


class Body(_Entry):
    """A committee or a working group."""

    kind: BodyKind = Field(description="Steering or technical committee, or thematic group.")
    channel: str | None = Field(
        default=None, max_length=200, description="Chat channel, by reference only: env:NAME, file:path or prefect-secret:NAME."
    )
    seats: Mapping[Code, Annotated[int, Field(ge=0, le=10_000)]] = Field(
        default={}, description="Voting seats of its composition by partner, held or vacant; absent: those that are held."
    )
    rules: ReviewRules | None = Field(default=None, description="How it examines an action; absent: it examines none.")
    consulted_on: ConsultationRule | None = Field(default=None, description="Thematic groups: on which actions it is always consulted.")


class Period(_Rules):
    """Days from the first to the last, both included."""

    first: date = Field(description="First day.")
    last: date = Field(description="Last day.")


class SchoolZone(StrEnum):
    """The zones of the French school calendar."""

    A = "A"
    B = "B"
    C = "C"


class SchoolEffect(StrEnum):
    """What school holidays do: no term falls in them although people work and delays run, or nobody works as in closing weeks."""

    NO_DEADLINE = "no_deadline"
    CLOSED = "closed"


class SchoolHolidays(_Rules):
    """School holidays: those of a zone as far as they are published, and the charter's own periods from the first of these on."""

    zone: SchoolZone = Field(description="Zone of the school calendar.")
    effect: SchoolEffect = Field(
        description="no_deadline: a term that would fall in them is moved to the first working day after; closed: nobody works."
    )
    later: tuple[Period, ...] = Field(
        default=(), max_length=100, description="Periods beyond what is published; from the first of them on, they alone hold."
    )
    until: date | None = Field(default=None, description="Day after which no school holidays count; absent: to the end of the convention.")


class CalendarRules(_Rules):
    """Which days are not working days."""

    holidays: Literal["FR"] = Field(description="Country whose public holidays apply.")
    subdivision: str | None = Field(
        default=None, max_length=20, description="Part of the country with holidays of its own; usually absent."
    )
    closing_weeks: tuple[Period, ...] = Field(default=(), max_length=100, description="Periods in which nobody works.")
    no_deadline_on: tuple[Weekday, ...] = Field(
        default=(), max_length=4, description="Weekdays on which no delay ends: it is moved to the next working day."
    )
    school_holidays: SchoolHolidays | None = Field(default=None, description="School holidays; absent: days like any other.")


class Cadence(_Rules):
    """How often those who carry out an action are asked for news."""

    progress_months: int = Field(ge=1, le=24, description="Months between two requests for progress.")
    progress_grace_days: int = Field(ge=0, le=90, description="Calendar days to answer a request for progress.")
    neglected_after_days: int = Field(ge=1, le=730, description="Calendar days without news after which an action is neglected.")
    new_action_grace_days: int = Field(
        default=0, ge=0, le=730, description="Calendar days after the start of an action in which nobody is asked for news of it."
    )
    final_report_days: int = Field(ge=1, le=365, description="Calendar days given for the final report.")
    completion_days: int | None = Field(
        default=None, ge=1, le=365, description="Calendar days given to complete a returned proposal; absent: no last day."
    )
    start_days: int | None = Field(
        default=None, ge=1, le=365, description="Calendar days given to start an approved action; absent: no last day."
    )
    guiding_questions: tuple[Text, ...] = Field(default=(), max_length=10, description="Questions that help to report.")

    def months_between(self, sheet: ActionSheet | None) -> int:
        """Months between two requests for progress on the action with this sheet: its own rhythm, or the usual one."""
        own = sheet.report_every_months if sheet is not None else None
        return self.progress_months if own is None else own

    def days_of_silence(self, sheet: ActionSheet | None) -> int:
        """Calendar days without news after which it is neglected: never before it was asked for news and had its days to answer."""
        asked = _LONGEST_MONTH * self.months_between(sheet) + self.progress_grace_days
        own = sheet is not None and sheet.report_every_months is not None
        return max(self.neglected_after_days, asked) if own else self.neglected_after_days


class SheetRules(_Rules):
    """What a complete action sheet holds."""

    required: tuple[str, ...] = Field(description="Names of the fields that must be filled in before a review.")


class AttachmentRules(_Rules):
    """Which files may be attached to an action."""

    max_bytes: int = Field(ge=1, le=100_000_000, description="Largest size of one file.")
    max_per_action: int = Field(ge=0, le=1_000, description="Most files of one action.")
    media_types: tuple[MediaType, ...] = Field(description="Kinds accepted, such as application/pdf.")


class SenderRules(_Rules):
    """In whose name mails go out."""

    name: Text = Field(description="Name shown as the sender.")
    address: MailAddress = Field(description="Address that mails come from.")


class Charter(_Rules):
    """The whole charter. What ``contradictions`` finds in it must be empty before it is used."""

    convention: Convention = Field(description="The agreement itself.")
    partners: tuple[Partner, ...] = Field(min_length=1, description="The parties.")
    sites: tuple[Site, ...] = Field(default=(), description="Places.")
    axes: tuple[Axis, ...] = Field(min_length=1, description="Strategic axes.")
    objectives: tuple[Objective, ...] = Field(default=(), description="Objectives of the axes.")
    themes: tuple[Theme, ...] = Field(default=(), description="Themes.")
    bodies: tuple[Body, ...] = Field(min_length=2, description="Committees and groups.")
    calendar: CalendarRules = Field(description="Days that are not working days.")
    cadence: Cadence = Field(description="Rhythm of reporting.")
    chasing: Ladders = Field(default=Ladders(), description="On which days who is reminded of what; absent: the built-in ladders.")
    sheet: SheetRules = Field(description="Complete action sheets.")
    attachments: AttachmentRules = Field(description="Files.")
    channels: Mapping[Code, str] = Field(default={}, description="Channels of operators and others by name, by reference only.")
    sender: SenderRules = Field(description="Sender of mails.")
    telling: TellingRules = Field(default=TellingRules(), description="How people are told; absent: at once, whatever the hour.")
    privacy: PrivacyNotice | None = Field(
        default=None, description="What people are told about their personal data; absent: general words."
    )
    publication: Publication | None = Field(default=None, description="What is public; absent: nothing.")
    deliberations: tuple[DeliberationRule, ...] = Field(
        default=(), description="What waits for a partner's own authority before it starts."
    )
    provisions: tuple[ActionSheet, ...] = Field(default=(), description="Actions proposed when the convention is first set up.")

    def authorities_over(self, sheet: ActionSheet) -> tuple[str, ...]:
        """Return the partners whose own authority has to adopt an action with this sheet before work on it starts."""
        return tuple(rule.partner for rule in self.deliberations if rule.concerns(sheet))

    def body(self, code: str) -> Body | None:
        """Return the body with this code, or None."""
        return next((body for body in self.bodies if body.code == code), None)

    def body_of_kind(self, kind: BodyKind) -> Body:
        """Return the steering or the technical committee, of which there is exactly one."""
        return next(body for body in self.bodies if body.kind is kind)

    def codes(self) -> Mapping[str, tuple[str, ...]]:
        """Return the codes of every family, by the name of its field."""
        families = ("partners", "sites", "axes", "objectives", "themes", "bodies")
        return {family: tuple(entry.code for entry in getattr(self, family)) for family in families}

    def codes_by_field(self) -> Mapping[str, tuple[str, ...]]:
        """Return the codes that each field of a sheet may name; a partner or a body may lead an action."""
        codes = self.codes()
        shared = {field: codes[field] for field in ("themes", "sites", "partners")}
        return {"axis": codes["axes"], "objective": codes["objectives"], **shared, "lead_body": codes["partners"] + codes["bodies"]}

    def unknown_codes(self, sheet: ActionSheet) -> tuple[tuple[str, str], ...]:
        """Return the (field, code) pairs of a sheet that this charter does not know; persons are not its business."""
        named = ((field, getattr(sheet, field), known) for field, known in self.codes_by_field().items())
        listed = ((field, (value,) if isinstance(value, str) else value or (), known) for field, value, known in named)
        return tuple((field, code) for field, used, known in listed for code in used if code not in known)
