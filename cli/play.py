"""``passerelle play``: the guided tour, which is also the test of the whole."""

from typing import Annotated

from cli.health import look
from cli.opened import opened
from cli.options import Json, option
from cli.play_cast import cast_of
from cli.play_doors import Doors
from cli.play_screen import Screen
from cli.play_story import CHAPTERS
from cli.play_tour import Tour
from cli.play_watch import Watch
from cli.screen import dump
from models.errors import Problem, Refused
from models.events import Stage
from services.bootstrap import App
from services.homes import read_mark
from services.prefect_api import PrefectApi

_PAUSES = {"fast": 0.0, "calm": 1.5}
_DONE, _INCOMPLETE = 0, 1
_SPEED = Annotated[str, option("speed", "--speed")]


def play(*, speed: _SPEED = "fast", as_json: Json = False) -> int:
    """Live every path on the running rehearsal; JSON on standard output, the progress on standard error.

    Refuses a live home, a home that does not run or is still being set up, and a charter without what the play needs.
    """
    if speed not in _PAUSES:
        raise Refused.because("validation.choice", "--speed", given=speed, known=", ".join(_PAUSES))
    with opened() as app:
        _refuse_live(app)
        _refuse_idle(app)
        with PrefectApi.of(app.settings) as api:
            _refuse_paused(api)
            return _perform(app, api, pause=_PAUSES[speed], as_json=as_json)


def _perform(app: App, api: PrefectApi, *, pause: float, as_json: bool) -> int:
    cast = cast_of(app)
    watch, screen = Watch(app, api), Screen(cast, pause)
    tour = Tour(cast, Doors(cast, api, watch), watch, screen)
    tour.play(CHAPTERS)
    report = tour.report()
    if not as_json:
        screen.ending(report["paths"], {name: report[name] for name in ("mails", "flow_runs")} | {"seconds": round(report["seconds"])})
    dump(report)
    return _DONE if all(path["lived"] for path in report["paths"]) else _INCOMPLETE


def _refuse_live(app: App) -> None:
    mark = read_mark(app.db)
    if mark is None or not mark.rehearsal:
        raise Refused.because("play.live", str(app.settings.home))


def _refuse_idle(app: App) -> None:
    """The automatic steps are the flows': without a running system there is nothing to play with."""
    standing = look(app)
    if not standing["prefect"]["reachable"] or not all(standing["processes"].values()):
        raise Refused.because("play.not_running", str(app.settings.home))
    mark = read_mark(app.db)
    if mark is None or mark.seeded_at is None:
        raise Refused.because("play.not_set_up", str(app.settings.home))


def _refuse_paused(api: PrefectApi) -> None:
    """A stage held back would be waited for in vain."""
    Refused.unless_empty(Problem("play.paused", {"deployment": name}) for stage in Stage if api.is_paused(name := f"{stage}/stage"))
