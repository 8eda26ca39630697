"""The audit of the log, and its checkpoints."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

from cli.opened import opened
from cli.options import Json, option
from cli.screen import dump, tell, warn
from cli.words import label, say
from models.errors import Refused
from models.findings import Finding
from services.audit import Audit, verify
from services.checkpoints import take

_CHECKPOINT = Annotated[tuple[Path, ...], option("checkpoint", "--checkpoint")]
_ROOT = Annotated[str | None, option("root", "--root")]
_AGREES, _DISAGREES = 0, 2


def verify_log(*, checkpoint: _CHECKPOINT = (), root: _ROOT = None, as_json: Json = False) -> int:
    """Verify the log; 2 if something does not agree."""
    with opened() as app:
        found = verify(app, checkpoints=checkpoint, root=root)
    if as_json:
        dump(_for_programs(found))
    else:
        _tell(found)
    return _AGREES if found.agrees else _DISAGREES


def take_checkpoint(*, as_json: Json = False) -> None:
    """Take a checkpoint now."""
    with opened() as app:
        done = take(app)
    if done is None:
        raise Refused.because("checkpoint_of_nothing")
    if as_json:
        dump({name: value for name, value in asdict(done).items() if name != "sound"})
        return
    tell(say("audit.taken", file=str(done.path), actions=done.actions, events=done.events))
    tell(say("audit.root", root=done.root))


def _tell(found: Audit) -> None:
    counts = {
        "actions": found.actions,
        "meetings": found.meetings,
        "events": found.events,
        "texts": found.texts,
        "checkpoints": found.checkpoints,
    }
    tell(say("audit.agrees" if found.agrees else "audit.disagrees", **counts))
    for name in ("erased", "unsealed", "unproven"):
        if getattr(found, name):
            tell(say(f"audit.{name}", count=getattr(found, name)))
    if not found.checkpoints:
        warn(say("audit.no_checkpoint"))
    if found.first is not None:
        tell(say("audit.first", what=sentence(found.first)))
        for finding in found.findings:
            tell(f"  - {sentence(finding)}")
        if found.more:
            tell(say("audit.more", count=found.more))
        tell(say("audit.remedy"))


def sentence(finding: Finding) -> str:
    """A finding as a reader of this language is told it: where, then what."""
    params = {name: label("table", value) if name == "table" else value for name, value in finding.params.items()}
    what = say(f"audit.finding.{finding.code}", **params)
    where = [part for part in (finding.convention, finding.action) if part]
    if finding.seq is not None:
        where.append(say("audit.at", seq=finding.seq))
    if finding.event is not None:
        where.append(str(finding.event))
    return say("audit.placed", where=", ".join(where), what=what) if where else what


def _for_programs(found: Audit) -> dict[str, Any]:
    listed = [_with_sentence(finding) for finding in found.findings]
    return {**asdict(found), "agrees": found.agrees, "first": _with_sentence(found.first) if found.first else None, "findings": listed}


def _with_sentence(finding: Finding) -> dict[str, Any]:
    return {**asdict(finding), "text": sentence(finding)}


COMMANDS: dict[str, Callable[..., Any]] = {"verify": verify_log, "checkpoint": take_checkpoint}
