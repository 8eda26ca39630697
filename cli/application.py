"""Every command of ``passerelle``, in one tree."""

from functools import cache
from typing import cast

from cyclopts import App, CycloptsError, Group

from cli import (
    actions,
    audit,
    backup,
    bottlenecks,
    calendars,
    channels,
    charters,
    clock,
    deadlines,
    decisions,
    deliveries,
    events,
    forecast,
    health,
    home,
    installed,
    mail,
    mailbox,
    meetings,
    notify,
    opendata,
    parked,
    people,
    play,
    processes,
    reviews,
    run,
    search,
    simulate,
    tokens,
    verbs,
    webhooks,
)
from cli.help import Help
from cli.screen import refuse
from cli.usage import usage_problem
from cli.words import say

_DONE, _BADLY_ASKED = 0, 2


def carry_out(arguments: list[str]) -> int:
    """Carry out a command line; returns the exit code that the command chose. A line that was typed wrongly is answered with its remedy."""
    try:
        return cast("int | None", application()(arguments)) or _DONE
    except CycloptsError as error:
        refuse([usage_problem(error)])
        return _BADLY_ASKED


@cache
def application() -> App:
    """The tree of commands, in the language of the process."""
    app = _app("passerelle", say("help.passerelle"))
    app.help_epilogue = say("help.epilogue")
    for name, command in (
        ("run", run.run),
        ("play", play.play),
        ("init", home.init),
        ("status", health.show_status),
        ("doctor", health.doctor),
        ("backup", backup.backup),
        ("restore", backup.restore_archive),
        ("resume", backup.resume),
        ("bottlenecks", bottlenecks.show),
        ("deadlines", deadlines.list_all),
        ("events", events.list_events),
        ("forecast", forecast.show_forecast),
        ("search", search.search),
        ("migrate", installed.migrate),
        ("server", installed.server),
        ("register", installed.register),
        ("worker", installed.worker),
        ("portal", installed.portal),
        ("prefect", installed.prefect),
        ("relay", processes.relay),
        ("sink", processes.sink),
    ):
        app.command(command, name=name, help=say(f"help.{name}"))
    for name, commands in (
        ("action", actions.COMMANDS | verbs.commands()),
        ("review", reviews.COMMANDS),
        ("decisions", decisions.COMMANDS),
        ("meeting", meetings.COMMANDS),
        ("calendar", calendars.COMMANDS),
        ("audit", audit.COMMANDS),
        ("deliveries", deliveries.COMMANDS),
        ("channel", channels.COMMANDS),
        ("webhook", webhooks.COMMANDS),
        ("notify", notify.COMMANDS),
        ("mail", mail.COMMANDS),
        ("parked", parked.COMMANDS),
        ("mailbox", mailbox.COMMANDS),
        ("charter", charters.COMMANDS),
        ("people", people.COMMANDS),
        ("opendata", opendata.COMMANDS),
        ("clock", clock.COMMANDS),
        ("simulate", simulate.COMMANDS),
        ("secret", home.COMMANDS),
        ("token", tokens.COMMANDS),
    ):
        group = _app(name, say(f"help.{name}.group"))
        for verb, command in commands.items():
            if verb == "":
                group.default(command)
            else:
                group.command(command, name=verb, help=say(f"help.{name}.{verb}"))
        app.command(group)
    return app


def _app(name: str, help_text: str) -> App:
    app = App(
        name=name,
        help=help_text,
        help_format="plaintext",
        help_formatter=Help(),
        version_flags=(),
        help_flags=("--help", "-h"),
        group_commands=Group(say("usage.commands"), sort_key=1),
        group_parameters=Group(say("usage.options"), sort_key=3),
        group_arguments=Group(say("usage.arguments"), sort_key=2),
        print_error=False,
        exit_on_error=False,
        result_action="return_value",
        suppress_keyboard_interrupt=False,
    )
    app["--help"].help = say("help.help")
    return app
