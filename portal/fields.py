"""A form as a page shows it: one field after another, with its words, its choices, what was filled in and what is wrong with it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from models.charter import Charter
from services.form_base import Asked
from services.form_schema import choices_of, in_order
from services.wording import Wording

_KINDS: Mapping[str, str] = {
    **dict.fromkeys(
        ("context", "description", "indicators", "reason", "late_reason", "summary", "results", "lessons", "words", "items", "urgency"),
        "long",
    ),
    **dict.fromkeys(("starts_on", "ends_on", "occurred_on", "happened_on", "decided_on", "until", "held_on", "since"), "date"),
    **dict.fromkeys(
        (
            "axis",
            "objective",
            "lead_body",
            "lead_person",
            "body",
            "voter",
            "event",
            "seat",
            "concerned",
            "giver",
            "holder",
            "reservation",
            "blocker",
            "partner",
            "document",
        ),
        "one",
    ),
    **dict.fromkeys(("opinion", "outcome", "kind", "deliberation"), "radio"),
    **dict.fromkeys(("themes", "sites", "partners", "groups", "reached", "actions", "seats"), "many"),
    "starts_at": "time",
    "percent": "number",
    "report_every_months": "months",
    "budget_euros": "money",
    "milestones": "milestones",
}
ASIDE = ("occurred_on", "late_reason")
"""Fields that are seldom needed: shown folded."""
_HIDDEN = ("convention", "action", "seen_version")
_LABELLED = {"opinion": "opinion", "outcome": "verb", "kind": "conflict", "deliberation": "deliberation"}
MORE_MILESTONES = 3
"""Empty lines after the milestones that are there."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field. ``options``: code and name of each choice; ``values``: what is filled in; ``problem``: what is wrong with it, in words.

    ``wanted``: whether the sheet is incomplete without it.
    """

    name: str
    kind: str
    title: str
    help: str
    required: bool
    options: Sequence[tuple[str, str]] = ()
    values: Sequence[Any] = ()
    problem: str = ""
    wanted: bool = False

    @property
    def value(self) -> str:
        """The only value, as text."""
        return "" if not self.values or self.values[0] is None else str(self.values[0])


@dataclass(frozen=True)
class Layout:
    """What a form's fields are made from. ``options``: choices that are not the charter's, by field."""

    charter: Charter
    words: Wording
    options: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)

    def fields(
        self, form: type[Asked], filled: Mapping[str, Any], problems: Mapping[str, str], left_out: Iterable[str] = ()
    ) -> list[Field]:
        """The fields of a form, in its order, without those that the page gives by itself."""
        hidden = {*_HIDDEN, *left_out}
        return [self._field(form, name, filled, problems) for name in in_order(form.model_fields) if name not in hidden]

    def _field(self, form: type[Asked], name: str, filled: Mapping[str, Any], problems: Mapping[str, str]) -> Field:
        info = form.model_fields[name]
        extra: Mapping[str, Any] = info.json_schema_extra if isinstance(info.json_schema_extra, Mapping) else {}
        code = extra.get("wording", name)
        value = filled.get(name)
        kind, options = _KINDS.get(name, "text"), self._options(name, extra.get("vocabulary"))
        values = list(value) if isinstance(value, list | tuple) else [] if value is None else [value]
        return Field(
            name=name,
            kind=kind if options or kind != "one" else "text",
            title=self.words.say(f"form.{code}.title"),
            help=self.words.say(f"portal.help.{name}") if name in _OWN_HELP else self.words.say(f"form.{code}.help"),
            required=info.is_required(),
            options=options,
            values=values,
            problem=problems.get(name, ""),
        )

    def _options(self, name: str, vocabulary: str | None) -> Sequence[tuple[str, str]]:
        if name in self.options:
            return self.options[name]
        if name in _LABELLED:
            return list(self.words.labels(_LABELLED[name]).items())
        return choices_of(self.charter, [], self.words.language)[vocabulary] if vocabulary else ()


_OWN_HELP = (
    "actions",
    "items",
    "opinion",
    "outcome",
    "lead_person",
    "reached",
    "voter",
    "event",
    "seat",
    "concerned",
    "kind",
    "giver",
    "holder",
    "reservation",
    "blocker",
    "document",
    "deliberation",
)
"""Fields whose help speaks of codes elsewhere; a page shows names."""


def milestone_lines(values: Sequence[Any]) -> list[tuple[str, str]]:
    """Title and day of each milestone, and some empty lines to add others."""
    lines = [(str(_part(value, "title") or ""), str(_part(value, "due_on") or "")) for value in values]
    return lines + [("", "")] * MORE_MILESTONES


def _part(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, Mapping) else getattr(value, name, None)
