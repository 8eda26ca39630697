"""Progress from actions to objectives to axes: exact fractions, so that whoever reckons again from the published figures finds the same."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from models.publication import Weights

_TENTH, _CENT = Decimal("0.1"), Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Counted:
    """An action as it counts. ``percent`` None: nothing was reported yet; ``budget`` None: it is not known."""

    axis: str | None
    objective: str | None
    percent: int | None
    budget: Decimal | None = None
    dropped: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of an objective or an axis.

    ``weight`` is what it counts within what it belongs to, ``percent`` its progress, None where nothing can be said yet. ``actions`` counts those
    that make it, ``unreported`` those of them without a report, which count as nought; ``unweighed`` has no known budget and does not count, nor
    does what was ``dropped``.
    """

    weight: Fraction
    percent: Fraction | None
    actions: int
    unreported: int
    unweighed: int
    dropped: int


@dataclass(frozen=True, slots=True)
class AxisProgress:
    """An axis with its objectives, by code; the last, under no code, gathers its actions without objective if there are any."""

    whole: Progress
    objectives: Mapping[str | None, Progress]


def rounded(percent: Fraction | None) -> Decimal | None:
    """A percentage as it is shown: to one decimal, halves upwards."""
    return None if percent is None else _shown(percent, _TENTH)


def weighed(weight: Fraction) -> Decimal:
    """A weight as it is shown: a number of objectives, or of euros to the cent."""
    return _shown(weight, _CENT)


def _shown(figure: Fraction, places: Decimal) -> Decimal:
    return (Decimal(figure.numerator) / Decimal(figure.denominator)).quantize(places, ROUND_HALF_UP)


def roll_up(actions: Iterable[Counted], objectives: Mapping[str, Sequence[str]], weights: Weights) -> dict[str, AxisProgress]:
    """The progress of every axis, in the order given. ``objectives``: the codes of each axis's objectives.

    An objective is the weighted mean of its actions, an axis that of its objectives. By equal weights each action counts alike within its
    objective and each objective that has actions alike within its axis; by budgets, both count for the euros behind them.
    """
    counted = list(actions)
    found = {}
    for axis, codes in objectives.items():
        mine = [action for action in counted if action.axis == axis]
        parts: dict[str | None, Progress] = {
            code: _objective([action for action in mine if action.objective == code], weights) for code in codes
        }
        apart = [action for action in mine if action.objective not in codes]
        if apart:
            parts[None] = _objective(apart, weights)
        found[axis] = AxisProgress(_whole([*parts.values()]), parts)
    return found


def _objective(actions: Sequence[Counted], weights: Weights) -> Progress:
    alive = [action for action in actions if not action.dropped]
    weighed = [action for action in alive if weights is Weights.EQUAL or action.budget is not None]
    pairs = [(_weight(action, weights), Fraction(action.percent or 0)) for action in weighed]
    unreported = sum(action.percent is None for action in weighed)
    total = sum((weight for weight, _ in pairs), Fraction(0))
    return Progress(
        weight=total if weights is Weights.BUDGET else Fraction(bool(pairs)),
        percent=_mean(pairs) if unreported < len(weighed) else None,
        actions=len(weighed),
        unreported=unreported,
        unweighed=len(alive) - len(weighed),
        dropped=len(actions) - len(alive),
    )


def _weight(action: Counted, weights: Weights) -> Fraction:
    return Fraction(1) if weights is Weights.EQUAL else Fraction(action.budget or 0)


def _whole(parts: Sequence[Progress]) -> Progress:
    known = any(part.percent is not None for part in parts)
    pairs = [(part.weight, part.percent or Fraction(0)) for part in parts]
    return Progress(
        weight=sum((part.weight for part in parts), Fraction(0)),
        percent=_mean(pairs) if known else None,
        actions=sum(part.actions for part in parts),
        unreported=sum(part.unreported for part in parts),
        unweighed=sum(part.unweighed for part in parts),
        dropped=sum(part.dropped for part in parts),
    )


def _mean(pairs: Sequence[tuple[Fraction, Fraction]]) -> Fraction | None:
    """The weighted mean; None where nothing has any weight."""
    total = sum((weight for weight, _ in pairs), Fraction(0))
    return sum((weight * value for weight, value in pairs), Fraction(0)) / total if total else None
