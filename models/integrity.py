"""Whether one action's log is whole: no event missing, none changed, none that does not belong."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from models.chain import FIELDS, genesis, link
from models.findings import Finding, Place

_ENOUGH = 2_000


Stored = tuple[Any, ...]
"""An event as it lies in the database: position, action, convention and hash, then what its hash covers, as ``models.chain.FIELDS``."""
POSITION, ACTION, CONVENTION, HASH, CONTENT = 0, 1, 2, 3, 4
ID, SEQ = (CONTENT + FIELDS.index(name) for name in ("id", "seq"))


@dataclass(slots=True)
class Walk:
    """What a walk along the chain found: the findings, the hashes of sealed events by seq, and how many events are not sealed yet.

    ``head`` and ``computed`` are the hash of the event before as it is stored and as it should be (none after a gap); ``sound`` says
    whether they agree.
    """

    place: Place
    head: bytes | None
    computed: bytes
    sound: bool = True
    findings: list[Finding] = field(default_factory=list)
    hashes: dict[int, bytes] = field(default_factory=dict)
    unsealed: int = 0


def walk(place: Place, events: Sequence[Stored], version: int, sealed: int) -> Walk:
    """Follow an action's chain. ``version`` and ``sealed`` are what the row of the action says.

    An event that was changed is named alone: what follows it is still held against the hash it was chained to.
    """
    first = genesis(*place)
    walked = Walk(place, first, first)
    whole = _stride(walked, events, version)
    expected = whole + 1
    for event in islice(events, whole, None):
        seq = event[SEQ]
        if not isinstance(seq, int) or seq < expected or seq > version:
            walked.findings.append(_finding("event_unknown", place, event))
            continue
        if seq > expected:
            walked.findings.append(Finding("event_missing", *place, expected, None, {"last": seq - 1}))
            walked.head, walked.sound = None, True
        if event[CONVENTION] != place.convention:
            walked.findings.append(_finding("event_convention", place, event))
        if event[HASH] is None:
            _pass_unsealed(walked, event, sealed)
        else:
            _hold(walked, event, events)
        expected = seq + 1
    if expected <= version:
        walked.findings.append(Finding("event_missing", *place, expected, None, {"last": version}))
    return walked


def _stride(walked: Walk, events: Sequence[Stored], version: int) -> int:
    """Pass the sealed events that simply follow one another from the first on, as in nearly every log; returns how many."""
    head, convention, hashes = walked.computed, walked.place.convention, walked.hashes
    for seq, event in enumerate(islice(events, max(version, 0)), 1):
        if event[SEQ] != seq or event[CONVENTION] != convention or event[HASH] is None:
            break
        computed = link(head, event[CONTENT:])
        if computed != event[HASH]:
            break
        head = hashes[seq] = computed
    walked.head = walked.computed = head
    return len(hashes)


def _hold(walked: Walk, event: Stored, events: Sequence[Stored]) -> None:
    """Hold a sealed event against the one before."""
    stored = bytes(event[HASH] or b"")
    computed = stored if walked.head is None else link(walked.head, event[CONTENT:])
    good = computed == stored or (not walked.sound and _follows(event, stored, events, walked.computed))
    if not good:
        walked.findings.append(_finding("event_changed", walked.place, event))
    walked.sound, walked.head, walked.computed = good, stored, computed
    walked.hashes[event[SEQ]] = stored


def _follows(event: Stored, stored: bytes, events: Sequence[Stored], computed: bytes) -> bool:
    """After an event that is not sound: whether this one was chained to what that one was before, or to any other of the log."""
    others = [bytes(other[HASH]) for other in events[:_ENOUGH] if other[HASH] is not None]
    return any(link(before, event[CONTENT:]) == stored for before in (computed, *others))


def _pass_unsealed(walked: Walk, event: Stored, sealed: int) -> None:
    """An event of an older release has no hash yet; none of this release's may lack it."""
    if event[SEQ] <= sealed:
        walked.findings.append(_finding("hash_missing", walked.place, event))
    if walked.head is not None:
        walked.head = walked.computed = link(walked.head, event[CONTENT:])
    walked.unsealed += 1


def _finding(code: str, place: Place, event: Stored) -> Finding:
    return Finding(code, *place, event[SEQ], event[ID])
