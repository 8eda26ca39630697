"""The lines of the table of recipients that a charter gives: judged where topics, messages and capacities are known."""

from collections.abc import Iterator, Sequence

from models.contradictions import nearest
from models.errors import Problem
from models.events import Topic
from models.telling.rules import Line, TellingRules
from notifications.kinds import KIND_OF, Kind
from notifications.recipients import mandatory, messages_of, offered


def recipients_amiss(telling: TellingRules) -> list[Problem]:
    """Return what cannot stand in the table of recipients: names that mean nothing here, and lines that would leave out who must be told.

    ``where`` is the path of the key, as ``models.contradictions`` has it.
    """
    return [problem for topic, lines in telling.recipients.items() for problem in _topic(topic, lines, f"telling.recipients.{topic}")]


def _topic(topic: str, lines: Sequence[Line], where: str) -> Iterator[Problem]:
    if topic not in tuple(Topic):
        yield Problem("charter.unknown_code", {"given": topic, "known": nearest(topic, Topic)}, where)
        return
    known = messages_of(topic)
    if not known:
        yield Problem("charter.topic_tells_nobody", {"topic": topic}, where)
        return
    told = [line.message for line in lines]
    for position, line in enumerate(lines):
        here = f"{where}.{position}"
        if line.message not in known:
            yield Problem("charter.unknown_code", {"given": line.message, "known": nearest(line.message, known)}, f"{here}.message")
        elif line.message in told[:position]:
            yield Problem("charter.repeated_code", {"given": line.message}, f"{here}.message")
        else:
            yield from _line(topic, line, here)
    yield from (problem for message in known if message not in told for problem in _left_out(topic, message, (), where))


def _line(topic: str, line: Line, where: str) -> Iterator[Problem]:
    roles = (
        *((role, f"{where}.to.{n}") for n, role in enumerate(line.to)),
        *((role, f"{where}.copy.{n}") for n, role in enumerate(line.copy)),
    )
    for position, (role, here) in enumerate(roles):
        if role in [earlier for earlier, _ in roles[:position]]:
            yield Problem("charter.repeated_code", {"given": role}, here)
        else:
            yield from _role(topic, line.message, role, here, copied=position >= len(line.to))
    yield from _left_out(topic, line.message, line.to, f"{where}.to")


def _role(topic: str, message: str, role: str, where: str, *, copied: bool) -> Iterator[Problem]:
    known = offered(topic, message, copied=copied)
    if role in known:
        return
    if copied and KIND_OF[message] is Kind.RECEIPTS:
        yield Problem("charter.no_copy_of_receipt", {"message": message}, where)
    elif role in offered(topic, message, copied=True):
        yield Problem("charter.copy_only", {"given": role, "message": message}, where)
    else:
        yield Problem("charter.unknown_code", {"given": role, "known": nearest(role, known)}, where)


def _left_out(topic: str, message: str, told: Sequence[str], where: str) -> Iterator[Problem]:
    missing = [audience for audience in mandatory(topic, message) if audience not in told]
    if missing:
        yield Problem("charter.recipients_left_out", {"message": message, "roles": ", ".join(missing)}, where)
