"""How hard a storm blows: its seed, printed so that it can be had again, and its length."""

import os
import random  # noqa: TID251  # a storm is drawn by lot, from a seed that is printed
from collections.abc import Sequence
from dataclasses import dataclass, field

from services.clock import new_id

SHORT = os.environ.get("PASSERELLE_STORM_SHORT") == "1"


def _drawn_seed() -> int:
    asked = os.environ.get("PASSERELLE_STORM_SEED")
    if asked is not None and not asked.isdigit():
        raise SystemExit(f"PASSERELLE_STORM_SEED must be a whole number, not {asked!r}")
    return int(asked) if asked is not None else new_id().int % 10**9


SEED = _drawn_seed()


@dataclass
class Weather:
    """The lots of one storm: the same for the same seed and name."""

    name: str
    lots: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.lots = random.Random(f"{SEED} {self.name}")  # noqa: S311  # nothing is to be kept secret
        print(f"storm {self.name!r}: PASSERELLE_STORM_SEED={SEED}{' (short)' if SHORT else ''}")  # noqa: T201  # the seed has to be seen

    def one_of(self, names: Sequence[str]) -> str:
        return self.lots.choice(names)

    def seconds(self, least: float, most: float) -> float:
        return self.lots.uniform(least, most)

    def seed(self) -> int:
        """For somebody else's lots."""
        return self.lots.randrange(10**9)
