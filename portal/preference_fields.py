"""What somebody may choose about messages, as a page shows it: groups of selects and boxes with their words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from models.numbers import whole
from notifications.channels import MAIL
from notifications.kinds import Kind
from services.planning import CHAT
from services.preferences import LEAD_DAYS, Preferences, choices, offered
from services.wording import Wording

Given = Mapping[str, str]
Options = Sequence[tuple[str, str]]
_USUAL_MOST = (1, 2, 3, 5, 10, 20, 50)


@dataclass(frozen=True, slots=True)
class Choosing:
    """One thing to choose: ``options`` with their names (none: a box to tick), what is chosen, and what is wrong with it."""

    name: str
    title: str
    help: str
    options: Options
    value: str
    problem: str


def filled_from(chosen: Preferences) -> Given:
    """What is stored, as a form shows it."""
    hours = chosen.hours
    whole = {name: getattr(hours, name) for name in ("hour", "weekday", "quiet_from", "quiet_until", "at_most")}
    told = {name: "" if value is None else str(value) for name, value in whole.items()}
    told["lead_days"] = "" if chosen.lead_days is None else str(chosen.lead_days)
    wishes = {f"{kind}.{channel}": str(chosen.wishes.get((kind, channel), "")) for kind, channel in choices()}
    return {**told, **wishes, "rhythm": hours.rhythm, "days_off": "yes" if hours.days_off else "", "seen": str(chosen.version)}


def groups(words: Wording, chosen: Preferences, given: Given, told: Mapping[str, str]) -> dict[str, list[Choosing]]:
    """The things to choose, by group: ``rhythm``, ``rest``, ``ahead``, ``mail`` and, for whoever has a room of their own, ``chat``."""
    say = words.say
    hours = [(str(hour), say("portal.preferences.at", hour=hour)) for hour in range(24)]
    no_hour, no_limit = (("", say(f"portal.preferences.{code}")) for code in ("no_hour", "no_limit"))
    options: Mapping[str, Options] = {
        "rhythm": list(words.labels("rhythm").items()),
        "hour": hours,
        "weekday": list(words.labels("weekday").items()),
        "quiet_from": [no_hour, *hours],
        "quiet_until": [no_hour, *hours],
        "days_off": [],
        "lead_days": [("", say("portal.preferences.lead_days.none")), *((str(days), _ahead(words, days)) for days in LEAD_DAYS)],
        "at_most": [no_limit, *((str(most), str(most)) for most in sorted({*_USUAL_MOST, *_whole(given.get("at_most", ""))}))],
    }

    def choosing(name: str) -> Choosing:
        code = f"portal.preferences.{name}"
        return Choosing(name, say(f"{code}.title"), say(f"{code}.help"), options[name], given.get(name, ""), told.get(name, ""))

    shown = {"rhythm": [choosing(name) for name in ("rhythm", "hour", "weekday")]}
    shown["rest"] = [choosing(name) for name in ("quiet_from", "quiet_until", "days_off", "at_most")]
    shown["ahead"] = [choosing("lead_days")]
    for channel in (MAIL, CHAT) if chosen.chats else (MAIL,):
        shown[channel] = [_of_kind(words, kind, channel, given, told) for kind, its in choices() if its == channel]
    return shown


def _ahead(words: Wording, days: int) -> str:
    return words.say("portal.preferences.lead_days.one" if days == 1 else "portal.preferences.lead_days.many", days=days)


def _whole(text: str) -> tuple[int, ...]:
    """A number that was chosen elsewhere and is offered here too."""
    number = whole(text)
    return () if number is None else (number,)


def _of_kind(words: Wording, kind: Kind, channel: str, given: Given, told: Mapping[str, str]) -> Choosing:
    name, usual = f"{kind}.{channel}", words.say(f"portal.preferences.usual_{channel}")
    options = [("", usual), *((choice.value, words.label("choice", choice)) for choice in offered(kind, channel))]
    return Choosing(
        name,
        words.label("message_kind", kind),
        words.say(f"portal.preferences.kind.{kind}"),
        options,
        given.get(name, ""),
        told.get(name, ""),
    )
