"""Pages of help: plain, in the language of the installation."""

from cyclopts.help import HelpEntry, HelpPanel
from rich.console import Console, ConsoleOptions
from rich.table import Table
from rich.text import Text

from cli.words import say


class Help:
    """Draws the pages of help for cyclopts."""

    show_metavar = False

    def __call__(self, console: Console, options: ConsoleOptions, panel: HelpPanel) -> None:
        """Draw one list of commands or options."""
        del options
        if not panel.entries:
            return
        drawn = Table.grid(padding=(0, 3, 0, 0))
        drawn.add_column(no_wrap=True)
        drawn.add_column(overflow="fold")
        for entry in panel.entries:
            drawn.add_row(Text("  " + ", ".join(entry.display_labels)), _said(entry))
        console.print(Text(str(panel.title), style="bold"))
        console.print(drawn)
        console.print()

    def render_usage(self, console: Console, options: ConsoleOptions, usage: object) -> None:
        """Draw how the command is typed."""
        del options
        if usage:
            typed = str(usage).strip().removeprefix("Usage: ")
            for english in ("COMMAND", "[OPTIONS]", "[ARGS]"):
                typed = typed.replace(english, say(f"usage.word.{english.strip('[]').lower()}"))
            console.print(Text(say("usage.line", typed=typed)))
            console.print()

    def render_description(self, console: Console, options: ConsoleOptions, description: object) -> None:
        """Draw what the command is for."""
        del options
        text = getattr(description, "primary_renderable", description)
        if text:
            console.print(text)


def _said(entry: HelpEntry) -> Text:
    text = getattr(entry.description, "primary_renderable", entry.description)
    said = text.copy() if isinstance(text, Text) else Text(str(text or ""))
    if entry.default is not None:
        said.append(" " + say("usage.default", value=entry.default))
    return said
