"""Processor sharing in virtual time (R-2, R-4, docs/resources.md), in whole numbers, so that every engine gets the same microsecond.

Of `users` that share a resource of numerator / denominator processors, each works at the rate min(1, numerator / (denominator * users)).
The virtual time of a resource is what each of its users would have worked since it was last idle. Whoever comes at the virtual time v with
so much work ends at v + work, however many come and go meanwhile: nobody has to look at all users at each event (Kleinrock 1967,
https://doi.org/10.1145/321386.321388; Parekh and Gallager 1993, https://doi.org/10.1109/90.234856).

Virtual time and work count in 1 / 2**16 µs. Within 64 bits that is enough for four years, and for denominator * users up to ten million.
"""

from __future__ import annotations

from fractions import Fraction

BITS = 16
THOUSAND = 1_000


def processors(thousandths: int) -> tuple[int, int]:
    """Numerator and denominator of so many thousandths of a processor."""
    number = Fraction(thousandths, THOUSAND)
    return number.numerator, number.denominator


def scaled(work: int) -> int:
    """So many microseconds of work, as virtual time counts."""
    return work << BITS


def progressed(elapsed: int, numerator: int, denominator: int, users: int) -> int:
    """How far virtual time moves on in so many µs with so many users, rounded down."""
    share = denominator * users
    if share <= numerator:
        return elapsed << BITS
    whole, rest = elapsed // share, elapsed % share
    return whole * (numerator << BITS) + rest * (numerator << BITS) // share


def until_progressed(work: int, numerator: int, denominator: int, users: int) -> int:
    """How many µs virtual time takes to move on by so much with so many users, rounded up, so that
    `progressed(until_progressed(work, ...), ...) >= work`."""
    share = denominator * users
    if share <= numerator:
        return -(-work >> BITS)
    step = numerator << BITS
    whole, rest = work // step, work % step
    return whole * share - (-rest * share // step)
