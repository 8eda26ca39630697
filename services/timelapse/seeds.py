"""Chance that can be repeated. Everything that varies takes one of these as an argument: the same seed, the same result."""

import random  # noqa: TID251  # this module is where randomness is made, from a seed

Random = random.Random
"""A source of chance."""


def seeded(seed: int, *purpose: object) -> Random:
    """A source of chance for one purpose: what is drawn for another does not disturb it."""
    return Random(":".join(map(str, (seed, *purpose))))  # to be repeated, not to be secret
