"""Conditions on reservations, and on the steps that they stand in the way of."""

from models.commands import Command, LiftReservation
from models.errors import Problem
from models.facts import Facts
from models.guards.table import guard


@guard
def reservation_stands(facts: Facts, command: Command) -> Problem | None:
    """Only a reservation that still stands can be lifted."""
    number = command.reservation if isinstance(command, LiftReservation) else None
    if facts.reservation(number) is not None:
        return None
    standing = ", ".join(str(reservation.number) for reservation in facts.reservations)
    return Problem("reservation_absent", {"reservation": number or 0, "standing": standing or "-"})


@guard
def reservations_lifted(facts: Facts, command: Command) -> Problem | None:
    """Reservations may have to be lifted before an action starts, is completed or is closed, as the charter of their review says."""
    waiting = [reservation for reservation in facts.reservations if reservation.blocks == command.verb]
    if not waiting:
        return None
    numbers = ", ".join(str(reservation.number) for reservation in waiting)
    return Problem("reservations_standing", {"reservations": numbers, "seats": ", ".join(dict.fromkeys(one.seat for one in waiting))})
