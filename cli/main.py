"""The ``passerelle`` command: its entry, and what becomes of everything that may go wrong.

Exit codes: 0 done, 2 refused or badly asked (the reason is printed), 1 a fault of ours (an id to look for in the log).
"""

import os
import sys
import traceback
from pathlib import Path

from models.errors import Refused
from services.clock import new_id, wall
from services.wording import Wording, pick_language

_DEBUG = "--debug"
DONE, FAULT, REFUSED, INTERRUPTED = 0, 1, 2, 130


def main() -> None:
    """Carry out the command line and end the process with its exit code."""
    arguments = sys.argv[1:]
    debug = _DEBUG in arguments
    for stream in (sys.stdout, sys.stderr):  # a terminal that lacks a letter shows another instead of failing
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # both are text streams
    try:
        code = run([argument for argument in arguments if argument != _DEBUG], debug=debug)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read the answer has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = DONE
    except KeyboardInterrupt:  # before there was anything to stop
        code = INTERRUPTED
    sys.exit(code)


def run(arguments: list[str], *, debug: bool = False) -> int:
    """Carry out one command and return its exit code; a fault leaves its trace in the home's log, and on screen with ``debug``."""
    try:
        pick_language(os.environ)
    except Refused as refused:  # there is no language to say it in: the default one
        sys.stderr.writelines(f"{Wording('fr').say_problem(problem)}\n" for problem in refused.problems)
        return REFUSED
    from cli.application import carry_out  # noqa: PLC0415  # its options speak the language that was just checked

    try:
        return carry_out(arguments)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001  # whatever it was, people get one line and operators the trace
        return _answer(error, debug=debug)


def _answer(error: Exception, *, debug: bool) -> int:
    from cli.faults import problems_of  # noqa: PLC0415  # as above
    from cli.screen import refuse  # noqa: PLC0415  # as above

    problems = problems_of(error)
    if problems:
        refuse(problems)
        return REFUSED
    return _fault(error, debug=debug)


def _fault(error: Exception, *, debug: bool) -> int:
    from cli.screen import warn  # noqa: PLC0415  # as above
    from cli.words import say  # noqa: PLC0415  # as above

    fault = new_id().hex[:8]
    trace = "".join(traceback.format_exception(error))
    if debug:
        sys.stderr.write(trace)
    try:
        log = _keep(f"{wall().isoformat()} {fault}\n{trace}\n")
    except (OSError, Refused) as unwritable:
        warn(say("cli.fault_unlogged", id=fault, kind=type(error).__name__, why=type(unwritable).__name__))
    else:
        warn(say("cli.fault", id=fault, kind=type(error).__name__, log=str(log)))
    return FAULT


def _keep(entry: str) -> Path:
    from cli.opened import settings  # noqa: PLC0415  # as above

    log = settings().logs / "passerelle.log"
    with log.open("a", encoding="utf-8") as file:
        file.write(entry)
    return log


if __name__ == "__main__":
    main()
