"""What a run is called, tagged and said to have done. Codes, numbers and counts only, never a person's name or words."""

from collections.abc import Iterable, Mapping

from services.stages import Line, StageReport

_NAMED = 3
_NOTHING = "nothing to do"
_NONE = "—"
"""Not a hyphen, which the interface would show as the bullet of a list."""


def run_name(report: StageReport) -> str:
    """``proposal: 7 actions, A-2026-001 to A-2026-007``, ``proposal: nothing to do``, ``proposal: paused, nothing done``."""
    done = "; ".join(part for part in (_actions(report.lines), _messages(report.deliveries), _messages(report.posted, "post")) if part)
    parked = f"; {report.parked} parked" if report.parked else ""
    return f"{report.stage}: {_said(done, report.stopped)}{parked}"


def run_tags(report: StageReport) -> tuple[str, ...]:
    """The stage and the bodies concerned."""
    return (str(report.stage), *sorted({line.body for line in report.lines if line.body}))


def run_rows(report: StageReport) -> list[dict[str, str]]:
    """The table that lists every action; a run that found nothing says so."""
    listed = [_row(line.action, line.topic, line.body or _NONE, line.outcome) for line in report.lines]
    told = (("messages", report.deliveries), ("posts", report.posted))
    listed += [_row(_NONE, what, _NONE, f"{count} {state}") for what, counts in told for state, count in sorted(counts.items())]
    return listed or [_row(_NONE, _NONE, _NONE, report.stopped or _NOTHING)]


def run_report(report: StageReport) -> str:
    """What operators read of a run at a glance, as a Markdown table: figures, and the codes of whom nothing reaches."""
    tally = report.tally
    rows = (
        ("due", tally.due, ()),
        ("sent", tally.sent, ()),
        ("held", tally.held, ()),
        ("unowned", len(tally.unowned), tally.unowned),
        ("unreachable", len(tally.unreachable), tally.unreachable),
        ("failed", tally.failed, ()),
        ("parked", report.parked, ()),
    )
    lines = [f"| {name} | {number} | {', '.join(codes) or _NONE} |" for name, number, codes in rows]
    return "\n".join((run_name(report), "", "| | how many | who |", "|---|---:|---|", *lines))


def answer_name(verb: str, action: str, refusals: tuple[str, ...]) -> str:
    """``propose: A-2026-008`` or ``propose: refused (sheet_incomplete)``."""
    if not refusals:
        return f"{verb}: {action}"
    codes = list(dict.fromkeys(refusal.split(" ")[0].rstrip(":") for refusal in refusals))
    more = f" and {len(codes) - _NAMED} more" if len(codes) > _NAMED else ""
    return f"{verb}: refused ({', '.join(codes[:_NAMED])}{more})"


def answer_message(name: str, refusals: tuple[str, ...], reasons: tuple[str, ...]) -> str:
    """What a form's run says: its name, or why it was refused, in words first and then in codes."""
    codes = "; ".join(refusals)
    return " ".join((*reasons, f"[{codes}]")) if reasons else codes or name


def answer_rows(verb: str, action: str, state: str | None, refusals: tuple[str, ...]) -> list[dict[str, str]]:
    """The table of a form's answer: where the action stands now, or one line for each refusal."""
    row = {"verb": verb, "action": _NONE if action == "-" else action, "state": state or _NONE}
    return [row | {"refused because": why} for why in refusals or (_NONE,)]


def _said(done: str, stopped: str | None) -> str:
    if stopped is None:
        return done or _NOTHING
    return f"{done}, then {stopped}" if done else f"{stopped}, nothing done"


def _row(action: str, event: str, body: str, outcome: str) -> dict[str, str]:
    return {"action": action, "event": event, "body": body, "outcome": outcome}


def _actions(lines: Iterable[Line]) -> str:
    numbers = sorted({line.action for line in lines})
    return "".join(numbers) if len(numbers) <= 1 else f"{len(numbers)} actions, {numbers[0]} to {numbers[-1]}"


def _messages(counts: Mapping[str, int], what: str = "message") -> str:
    return ", ".join(f"{count} {what}{'s' if count > 1 else ''} {state}" for state, count in sorted(counts.items()) if count)
