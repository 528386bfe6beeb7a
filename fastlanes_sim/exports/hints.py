"""What to do about an export, for those who read one: a command has options for it, a scenario that replays an export has none."""

from __future__ import annotations

from dataclasses import dataclass

_ISO = "2026-01-05 06:00:00.123456 or 2026-01-05T06:00:00Z"


@dataclass(frozen=True, slots=True)
class Hints:
    time: str
    """For what is no time."""
    date: str
    """For dates that may be read day first or month first; `{first}` and `{second}` are the formats."""
    zone: str
    """For a time that the clocks of its zone never show."""
    encoding: str
    """For bytes that are no text."""
    headings: str
    """For a header that lacks a column."""
    twice: str
    """For two columns of one name; `{name}` is ours."""


OF_A_COMMAND = Hints(
    time=f"write an ISO time such as {_ISO}, seconds since 1970, or nothing; or name --time-format",
    date="say which: --time-format '{first}' or '{second}'",
    zone="is --times right? Lightning writes UTC; write an offset behind the times of that day",
    encoding="name the file's encoding: --encoding, or save it as UTF-8",
    headings="name the columns in the first line, or say what they are called (--columns id=RunID,…)",
    twice="leave one out or name it otherwise (r.{name}, o.{name} AS other); where their headings differ: --columns {name}=HEADING",
)
OF_A_SCENARIO = Hints(
    time=f"write an ISO time such as {_ISO}, seconds since 1970, or nothing",
    date=f"write ISO times such as {_ISO}",
    zone="is `timezone` of the replay right? Lightning writes UTC; write an offset behind the times of that day",
    encoding="save the file as UTF-8",
    headings="name the columns in the first line as they are named here",
    twice="leave one out or name it otherwise (r.{name}, o.{name} AS other)",
)
