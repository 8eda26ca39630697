"""What a meeting's rows must say, folded from its log alone. Ids are hexadecimal; texts are known by their salted hashes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from models.meetings import LEGAL, MeetingState, MeetingTopic
from models.replayed import Source, Told
from models.review.votes import ATTENDING


class Listed(NamedTuple):
    """An item of an agenda as the log has it: an action by its number, or a text by its id; the decision that adjourned the action, or its last news."""

    action: str | None
    words_id: str | None
    follows: str | None
    silent_since: str | None


@dataclass(slots=True)
class MeetingReplay:
    """The rows of one meeting, event by event. ``apply`` raises KeyError, TypeError or ValueError for a payload of another shape."""

    state: str | None = None
    by: Source = (0, "")
    columns: dict[str, Any] = field(
        default_factory=lambda: dict.fromkeys(
            (
                *("body", "held_on", "starts_at", "place_id", "link_id", "second_of"),
                *("charter_id", "convened_on", "notice", "attendance", "quorum"),
            )
        )
    )
    items: list[Listed] = field(default_factory=list)
    texts: dict[str, Told] = field(default_factory=dict)

    def apply(self, content: Sequence[Any], payload: Mapping[str, Any]) -> bool:
        """Take the next event, in the order of ``models.chain.FIELDS``; whether the table of meetings knows such a move from here."""
        event, seq, topic, _, day, _, actor, _, _, _, before, after, body = content[:13]
        self.by, known, self.state = (seq, event), self.state, after
        self._hear_of(payload, actor)
        if topic in (MeetingTopic.PLANNED, MeetingTopic.CHANGED):
            self._settle(payload, day, convened=before == MeetingState.CONVENED)
        if topic == MeetingTopic.PLANNED:
            self.columns |= {"body": body, "second_of": payload.get("second_of")}
        elif topic == MeetingTopic.CONVENED:
            self.columns |= {"charter_id": payload["charter"], "convened_on": day, "notice": payload["notice"]}
        elif topic == MeetingTopic.OPENED:
            self.columns |= {"attendance": payload["attendance"], "quorum": payload["quorum"]}
            reached = all(check["there"] >= check["needed"] for check in payload["quorum"])
            reached = reached and any(presence in ATTENDING for presence in payload["attendance"]["seats"].values())
            if after != (MeetingState.OPEN if reached else MeetingState.INQUORATE):
                return False
        return before == known and (before, topic, after) in LEGAL

    def _settle(self, payload: Mapping[str, Any], day: str, *, convened: bool) -> None:
        """When and where, with the agenda; of a meeting that is convened the agenda stays, and the notice is given anew for another day."""
        self.columns |= {name: payload[name] for name in ("held_on", "starts_at")}
        self.columns |= {f"{name}_id": _hex(payload.get(f"{name}_id")) for name in ("place", "link")}
        if not convened:
            self.items = [
                Listed(item.get("action"), _hex(item.get("title_id")), item.get("follows"), item.get("silent_since"))
                for item in payload["items"]
            ]
        elif "notice" in payload:
            self.columns |= {"convened_on": day, "notice": payload["notice"]}

    def _hear_of(self, payload: Mapping[str, Any], actor: str) -> None:
        for said in (payload, *payload.get("items", ())):
            for key in [key for key in said if key.endswith("_hash")]:
                kind = key.removesuffix("_hash")
                self.texts[str(_hex(said[f"{kind}_id"]))] = said[key], kind, actor, self.by


def _hex(id_: str | None) -> str | None:
    return id_.replace("-", "") if id_ is not None else None
