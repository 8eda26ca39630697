"""Programs that are told of events: made, tried, paused, removed; what they were told, and telling them again."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated, Any
from uuid import UUID

from cli.opened import opened
from cli.options import Convention, Json, Limit, option, place
from cli.screen import Column, dump, listing, tell, text_of
from cli.words import say
from models.errors import NotFound, Problem, Refused
from services.bootstrap import App
from services.charter_store import the_convention
from services.webhooks import receivers
from services.webhooks.journal import Posted, posts_of, redeliver, redeliver_lost, try_receiver
from services.webhooks.receivers import OPERATOR, Made

_URL = Annotated[str, place("webhook_url")]
_WHICH = Annotated[int, place("webhook")]
_POST = Annotated[str | None, place("webhook_post")]
_TOPICS = Annotated[tuple[str, ...], option("webhook_topic", "--topic")]
_STATE = Annotated[str | None, option("webhook_state", "--state")]
_LOST = Annotated[int | None, option("webhook_lost", "--lost")]
_DONE, _NOT_TAKEN = 0, 2
_COLUMNS = (
    Column("id"),
    Column.of("state", "webhook"),
    Column("url"),
    Column("topics", lambda topics: text_of(topics) if topics else say("webhooks.all_topics")),
    Column("waiting"),
    Column("dead"),
    Column("taken_at"),
)
_POST_COLUMNS = (
    Column("id"),
    Column.of("state", "webhook_post"),
    Column("topic"),
    Column("number_of"),
    Column("tried"),
    Column("status"),
    Column("milliseconds"),
    Column("reason", lambda code: say(f"webhooks.reason.{code}") if code else text_of(None)),
)


def add(url: _URL, /, *, topic: _TOPICS = (), convention: Convention = None, as_json: Json = False) -> None:
    """Let a program be told of events, and show its secret, once."""
    with _opened(convention) as (app, code):
        made = receivers.add(app, code, url, topic, OPERATOR)
    _tell_secret(made, "webhooks.added", as_json=as_json)


def list_all(*, convention: Convention = None, as_json: Json = False) -> None:
    """List the programs that are told of events."""
    with _opened(convention) as (app, code):
        rows = [asdict(one) for one in receivers.receivers_of(app, code)]
    listing(rows, *_COLUMNS, as_json=as_json)


def try_one(webhook: _WHICH, /, *, convention: Convention = None, as_json: Json = False) -> int:
    """Post a test, and say what came of it; ends with 2 if it was not taken."""
    with _opened(convention) as (app, code):
        posted = try_receiver(app, code, webhook)
    if as_json:
        dump(asdict(posted))
    else:
        tell(said_of(posted))
    return _DONE if posted.state == "sent" else _NOT_TAKEN


def said_of(posted: Posted) -> str:
    """What came of a test, in words."""
    last = posted.tries[0]
    facts = {"status": last.status or "-", "milliseconds": last.milliseconds}
    if last.reason is None:
        return say("webhooks.test_taken", **facts)
    return say("webhooks.test_refused", why=say(f"webhooks.reason.{last.reason}"), **facts)


def pause(webhook: _WHICH, /, *, convention: Convention = None) -> None:
    """Post nothing to a program for now; what happens waits."""
    _do(receivers.pause, webhook, convention, "webhooks.paused")


def resume(webhook: _WHICH, /, *, convention: Convention = None) -> None:
    """Post to a program again."""
    _do(receivers.resume, webhook, convention, "webhooks.resumed")


def remove(webhook: _WHICH, /, *, convention: Convention = None) -> None:
    """Forget a program and its log."""
    _do(receivers.remove, webhook, convention, "webhooks.removed")


def rotate(webhook: _WHICH, /, *, convention: Convention = None, as_json: Json = False) -> None:
    """Give a program another secret, and show it, once."""
    with _opened(convention) as (app, code):
        made = receivers.renew_secret(app, code, webhook)
    _tell_secret(made, "webhooks.renewed", as_json=as_json)


def list_posts(
    webhook: _WHICH, /, *, state: _STATE = None, limit: Limit = 50, convention: Convention = None, as_json: Json = False
) -> None:
    """List what was posted to a program, the newest first, with every try."""
    with _opened(convention) as (app, code):
        found = posts_of(app, code, webhook, state=state, limit=limit)
    listing([asdict(one) for one in found] if as_json else [_row(one) for one in found], *_POST_COLUMNS, as_json=as_json)


def post_again(post: _POST = None, /, *, lost: _LOST = None, convention: Convention = None) -> None:
    """Have a post made again under the same id, or everything that a program did not take."""
    if (post is None) == (lost is None):
        raise Refused.because("webhook_redeliver_what")
    with _opened(convention) as (app, code):
        if lost is not None:
            count = redeliver_lost(app, code, lost)
        else:
            redeliver(app, code, _id_of(post or ""))
            count = 1
    tell(say("webhooks.redelivered", count=count))


def _row(posted: Posted) -> dict[str, Any]:
    last = posted.tries[0] if posted.tries else None
    shown = {
        "number_of": posted.action,
        "tried": len(posted.tries),
        "status": last and last.status,
        "milliseconds": last and last.milliseconds,
    }
    return {"id": str(posted.id), "state": posted.state, "topic": posted.topic, "reason": posted.reason, **shown}


def _id_of(post: str) -> UUID:
    try:
        return UUID(post)
    except ValueError:
        raise NotFound(Problem("webhook_post_unknown", {"post": post})) from None


def _do(act: Callable[[App, str, int], None], webhook: int, convention: str | None, done: str) -> None:
    with _opened(convention) as (app, code):
        act(app, code, webhook)
    tell(say(done, webhook=webhook))


def _tell_secret(made: Made, done: str, *, as_json: bool) -> None:
    if as_json:
        dump(made._asdict())
        return
    tell(say(done, webhook=made.id))
    tell(made.secret)
    tell(say("webhooks.secret_once"))


@contextmanager
def _opened(convention: str | None) -> Iterator[tuple[App, str]]:
    with opened() as app:
        with app.db.read() as connection:
            code = the_convention(connection, convention)
        yield app, code


COMMANDS: dict[str, Callable[..., Any]] = {
    "add": add,
    "list": list_all,
    "test": try_one,
    "pause": pause,
    "resume": resume,
    "remove": remove,
    "rotate": rotate,
    "deliveries": list_posts,
    "redeliver": post_again,
}
