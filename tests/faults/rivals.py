"""Several at once: threads that start together and meet again and again."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

from models.errors import Refused


def at_once(*tasks: Callable[[], Any]) -> list[Any]:
    """What each task returned or was refused, in their order; any other error fails the test as it is."""
    start = threading.Barrier(len(tasks))
    answers: list[Any] = [None] * len(tasks)

    def run(n: int) -> None:
        start.wait()
        try:
            answers[n] = tasks[n]()
        except Refused as refused:
            answers[n] = refused
        except BaseException as error:  # noqa: BLE001  # raised again where the test sees it
            answers[n] = Broken(error)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(len(tasks))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for answer in answers:
        if isinstance(answer, Broken):
            raise answer.error
    return answers


class Broken:
    """A task that ended in neither an answer nor a refusal."""

    def __init__(self, error: BaseException) -> None:
        self.error = error


def codes(answers: Sequence[Any]) -> list[str]:
    """The refusals among the answers: kind and codes, sorted."""
    refused = [answer for answer in answers if isinstance(answer, Refused)]
    return sorted(f"{type(answer).__name__}: {', '.join(problem.code for problem in answer.problems)}" for answer in refused)


def done(answers: Sequence[Any]) -> list[Any]:
    """The answers that are no refusals."""
    return [answer for answer in answers if not isinstance(answer, Refused)]
