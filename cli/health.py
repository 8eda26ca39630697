"""How things stand: the figures, and the examination with its remedies."""

from datetime import datetime
from typing import Any

from cli.opened import opened, settings
from cli.options import Json
from cli.screen import dump, tell, text_of
from cli.words import label, say
from services.bootstrap import App
from services.doctor import examine
from services.prefect_api import PrefectApi
from services.status import status

_TO_MEND = 2


def look(app: App) -> dict[str, Any]:
    """The status; Prefect is not asked before the first ``passerelle run`` made its secret."""
    if not app.settings.prefect_auth.exists():
        return status(app, None)
    with PrefectApi.of(app.settings) as api:
        return status(app, api)


def show_status(*, as_json: Json = False) -> None:
    """Show the figures."""
    with opened() as app:
        found = look(app)
    if as_json:
        dump(found)
    else:
        _show(found)


def doctor(*, as_json: Json = False) -> int:
    """Examine the installation; 2 if something has to be mended."""
    checks = examine(settings())
    rows = [{"name": c.name, "level": c.level, "text": say(f"doctor.{c.name}.{c.level}", **c.params), "params": c.params} for c in checks]
    if as_json:
        dump(rows)
    else:
        for row in rows:
            tell(f"{label('level', row['level']):<12} {row['text']}")
    return _TO_MEND if any(check.level == "mend" for check in checks) else 0


def _show(found: dict[str, Any]) -> None:
    waiting = sum(found["deliveries"].get(state, 0) for state in ("ready", "sending", "retrying"))
    if found["ready"] and waiting:
        tell(say("status.ready_but", count=waiting))
    else:
        tell(say("status.ready" if found["ready"] else "status.not_ready"))
    tell(say("status.home", path=found["home"]["path"], kind=label("home", found["home"]["kind"])))
    answers = say("status.answers") if found["prefect"]["reachable"] else say("status.silent")
    tell(say("status.prefect", url=found["prefect"]["url"], answers=answers))
    for name, alive in found["processes"].items():
        tell(say("status.process", name=name, answers=say("status.at_work") if alive else say("status.absent")))
    tell(say("status.actions", counts=_counts(found["actions"], "state")))
    events = found["events"]
    tell(say("status.events", **{name: events[name] for name in ("total", "unpublished", "unreacted", "parked")}))
    tell(say("status.deliveries", counts=_counts(found["deliveries"], "delivery")))
    if found["sending"]["stopped_at"]:
        moment = text_of(datetime.fromisoformat(found["sending"]["stopped_at"]))
        tell(say("stopping.status", moment=moment, because=found["sending"]["because"]))
    if any(found["webhooks"][state] for state in ("on", "paused", "off")):
        tell(say("webhooks.status", **found["webhooks"]))
    tell(say("status.reviews", count=found["reviews"]["open"]))
    tell(say("status.backlog", seconds=round(found["oldest_backlog_seconds"])))
    swept = datetime.fromisoformat(found["last_sweep_at"]) if found["last_sweep_at"] else None
    tell(say("status.sweep", moment=text_of(swept), minutes=int(max(found["sweeps"]["ages"].values()) // 60)))
    if found["sweeps"]["late"]:
        tell(say("status.sweep_late", stages=", ".join(label("stage", stage) for stage in found["sweeps"]["late"])))


def _counts(counts: dict[str, int], vocabulary: str) -> str:
    return ", ".join(say("page.field", name=label(vocabulary, code), value=number) for code, number in counts.items()) or "0"
