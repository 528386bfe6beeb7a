"""When a cron expression is due (L-21), as the library reads it that Lightning uses."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from fastlanes_sim.rules.cron_expressions import SPECIAL, CronError, parse_cron

JANUARY = [date(2026, 1, 1) + timedelta(days=number) for number in range(31)]
"""It begins on a Thursday."""


def days(expression: str) -> list[int]:
    """Of January 2026."""
    return [day.day for day in JANUARY if parse_cron(expression).is_due_on(day)]


@pytest.mark.parametrize(
    ("expression", "due"),
    [
        ("0 0 1 * *", [1]),
        ("0 0 * * 1", [5, 12, 19, 26]),
        ("0 0 1 * 1", []),  # both: no first of January that is a Monday
        ("0 0 1 * 4", [1]),
        ("0 0 1-7 * mon", [5]),  # the first Monday
        ("0 0 */15 * *", [15, 30]),  # counted from 0
        ("0 0 1-31/15 * *", [1, 16, 31]),
        ("0 0 10/10 * *", [10, 20, 30]),
        ("0 0 28-3 * *", [1, 2, 3, 28, 29, 30, 31]),  # round the end
        ("0 0 * * */2", [1, 3, 6, 8, 10, 13, 15, 17, 20, 22, 24, 27, 29, 31]),  # Tuesday, Thursday, Saturday
        ("0 0 * * 0", [4, 11, 18, 25]),
        ("0 0 * * 7", [4, 11, 18, 25]),
        ("0 0 * * L", [4, 11, 18, 25]),
        ("0 0 * * fri-SUN", [2, 3, 4, 9, 10, 11, 16, 17, 18, 23, 24, 25, 30, 31]),
        ("0 0 * * sat-mon", [3, 4, 5, 10, 11, 12, 17, 18, 19, 24, 25, 26, 31]),
        ("0 0 * * 5L", [30]),
        ("0 0 * * 0L", [25]),
        ("0 0 * * wed#2,5#1", [2, 14]),
        ("0 0 L * *", [31]),
        ("0 0 LW * *", [30]),  # the 31st is a Saturday
        ("0 0 3W * *", [2]),
        ("0 0 4W * *", [5]),
        ("0 0 15W * *", [15]),
        ("0 0 31W * *", [30]),
        ("0 0 * feb *", []),
        ("0 0 2 nov-feb * ", [2]),
        ("0 0 2 */2 *", []),  # the even months
        ("0 0 2 * * 2026", [2]),
        ("0 0 2 * * 2027-2030", []),
        ("@monthly", [1]),
        ("@Weekly", [4, 11, 18, 25]),
    ],
)
def test_days(expression: str, due: list[int]) -> None:
    """L-21"""
    assert days(expression) == due


@pytest.mark.parametrize(("day", "due"), [(date(2026, 8, 1), date(2026, 8, 3)), (date(2026, 5, 31), date(2026, 5, 29))])
def test_the_nearest_working_day_is_of_the_same_month(day: date, due: date) -> None:
    """A first that is a Saturday, and a last that is a Sunday."""
    month = [day.replace(day=number) for number in range(1, 32)]
    assert [one for one in month if parse_cron(f"0 0 {day.day}W * *").is_due_on(one)] == [due]


@pytest.mark.parametrize(
    ("expression", "minutes", "hours"),
    [
        ("0 22-4 * * *", (0,), (0, 1, 2, 3, 4, 22, 23)),
        ("*/20,7 8-17/4 * * *", (0, 7, 20, 40), (8, 12, 16)),
        ("50/3 * * * *", (50, 53, 56, 59), tuple(range(24))),
        ("@hourly", (0,), tuple(range(24))),
    ],
)
def test_minutes_and_hours(expression: str, minutes: tuple[int, ...], hours: tuple[int, ...]) -> None:
    """L-21"""
    found = parse_cron(expression)
    assert (found.minutes, found.hours) == (minutes, hours)


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ("60 * * * *", "`60` is no minute: 0 to 59"),
        ("* 24 * * *", "`24` is no hour: 0 to 23"),
        ("* * 0 * *", "`0` is no day of the month: 1 to 31"),
        ("* * * 13 *", "`13` is no month: 1 to 12, or jan, "),
        ("* * * * 8", "`8` is no day of the week: 0 to 7, or mon, "),
        ("* * * * monday", "`monday` is no day of the week"),
        ("*/0 * * * *", r"`\*/0`: the step is a whole number from 1 on"),
        ("*/x * * * *", r"`\*/x`: the step"),
        ("1, * * * *", "`` is no minute"),
        ("٣ * * * *", "is no minute"),
        ("* * * *", "4 fields instead of 5"),
        ("@reboot", "1 fields instead of 5"),
    ],
)
def test_what_cannot_be_read_is_said(expression: str, told: str) -> None:
    with pytest.raises(CronError, match=told):
        parse_cron(expression)


@pytest.mark.parametrize(
    ("expression", "ever"),
    [("0 0 30 2 *", False), ("0 0 29 2 1", True), ("0 0 31 4,6 *", False), ("0 0 29 2 * 2025-2027", False), ("0 0 29 2 * 2400", True)],
)
def test_some_are_never_due(expression: str, ever: bool) -> None:
    assert parse_cron(expression).is_ever_due is ever


def test_the_names_stand_for_expressions_that_can_be_read() -> None:
    assert all(parse_cron(name).is_ever_due for name in SPECIAL)
