"""A fault, told without the words it carried: an exception's message may quote a person's name or text, its place in the code never does."""

import traceback
from pathlib import Path

from models.errors import Fault

_OURS = frozenset({"cli", "flows", "models", "notifications", "services"})
_PLACES = 5


class RunFault(Fault):
    """What went wrong in a run, for operators: the kind of error and where. Data stays in the database."""

    def __init__(self, kind: str, text: str) -> None:
        """``kind`` is the name of the error's class."""
        super().__init__(text)
        self.kind = kind


def told_safely(error: BaseException) -> RunFault:
    """The same fault by its kind and its places in our code, innermost first. Our own faults keep their text, which is made of codes."""
    kind = type(error).__name__
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).parent.name in _OURS]
    places = [f"{Path(frame.filename).parent.name}/{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames)]
    text = f" ({error})" if isinstance(error, Fault) else ""
    return RunFault(kind, f"{kind}{text} at {', '.join(places[:_PLACES]) or 'an unknown place'}")
