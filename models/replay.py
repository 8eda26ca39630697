"""What an action's rows must say, folded from its log alone: its own row and those of all that belongs to it.

Texts are not in the log: where a row holds one, the log says under which id and salted hash it is kept (``Text``).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from models.events import Topic
from models.lifecycle import TRANSITIONS, State
from models.replay_writes import WRITES
from models.replayed import Reached, Row, Source, Text, Told

_SYSTEM = "system"
_WHOSE: Mapping[tuple[str, str], str] = {
    (Topic.OPINION_KEPT, "reason"): "voter",
    (Topic.OPINION_RECORDED, "reason"): "voter",
    (Topic.CONFLICT_DECLARED, "conflict"): "seat",
    (Topic.CONFLICT_WITHDRAWN, "conflict"): "seat",
}
"""Texts that belong to somebody else than who typed them in, and where the payload says to whom."""
_ALSO = {(state, Topic.REVIEW_OPENED, state) for state in (State.TECHNICAL_REVIEW, State.STEERING_REVIEW)}
LEGAL: frozenset[tuple[str | None, str, str]] = frozenset({(move.state, move.topic, move.target) for move in TRANSITIONS.values()} | _ALSO)
"""Every (state before, topic, state after) that the table of the lifecycle can have written; a referral also opens a review."""


Milestones = Callable[[str], Sequence[str] | None]
"""The titles of the milestones in a sheet, by the id of its text; None once it is erased."""


@dataclass(slots=True)
class Replay:
    """The rows of one action, event by event. Rows are known by what no other row shares; ids are hexadecimal.

    ``apply`` raises KeyError, TypeError or ValueError for a payload that is not of the shape its topic asks for.
    """

    milestones: Milestones
    state: str | None = None
    superseded_by: str | None = None
    proposer: str = ""
    created_at: str = ""
    by: Source = (0, "")
    topic: str = ""
    day: str = ""
    recorded_at: str = ""
    actor: str = ""
    body: str | None = None
    sheet: Text | None = None
    texts: dict[str, Told] = field(default_factory=dict)
    reviews: dict[int, Row] = field(default_factory=dict)
    opinions: dict[str, Row] = field(default_factory=dict)
    decisions: dict[str, Row] = field(default_factory=dict)
    reports: dict[tuple[str, str], Row] = field(default_factory=dict)
    files: dict[str, Row] = field(default_factory=dict)
    early: dict[str, Row] = field(default_factory=dict)
    conflicts: dict[str, Row] = field(default_factory=dict)
    reservations: dict[int, Row] = field(default_factory=dict)
    blockers: dict[int, Row] = field(default_factory=dict)
    deliberations: dict[str, Row] = field(default_factory=dict)
    proxies: dict[str, Row] = field(default_factory=dict)
    reached: dict[int, Reached] = field(default_factory=dict)
    numbers: list[tuple[str, str]] = field(default_factory=list)
    standing: dict[tuple[int, str], Row] = field(default_factory=dict)
    latest: dict[str | None, int] = field(default_factory=dict)

    def apply(self, content: Sequence[Any], payload: Mapping[str, Any]) -> bool:
        """Take the next event, in the order of ``models.chain.FIELDS``; whether the lifecycle knows such a move from here."""
        event, seq, topic, _, self.day, self.recorded_at, self.actor, _, _, _, before, after, self.body = content[:13]
        self.by, self.topic, known = (seq, event), topic, self.state
        if known is None:
            self.proposer, self.created_at = "" if self.actor == _SYSTEM else self.actor, self.recorded_at
        kinds = _kinds(tuple(payload))
        if kinds:
            self._hear_of(kinds, payload)
        write = WRITES.get(topic)
        if write is not None:
            write(self, payload)
        self.state = after
        return before == known and (before, topic, after) in LEGAL

    def _hear_of(self, kinds: Sequence[tuple[str, str, str]], payload: Mapping[str, Any]) -> None:
        by, texts, actor = self.by, self.texts, None if self.actor == _SYSTEM else self.actor
        for kind, id_, hash_ in kinds:
            whose = _WHOSE.get((self.topic, kind))
            author = payload[whose] if whose else actor
            texts[payload[id_].replace("-", "")] = payload[hash_], kind, author, by


@lru_cache(maxsize=1_000)
def _kinds(keys: tuple[str, ...]) -> Sequence[tuple[str, str, str]]:
    """The texts that a payload with such keys speaks of: kind, key of the id, key of the hash. Payloads have few sets of keys."""
    return tuple((key[:-5], f"{key[:-5]}_id", key) for key in keys if key.endswith("_hash"))
