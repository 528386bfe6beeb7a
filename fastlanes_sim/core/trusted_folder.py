"""Whether a folder may hold what is executed: nobody else can write there, and we can."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path


def distrusted(folder: Path) -> str:
    """Why what lies in a folder must not be executed, such as `/cache: others can write there`; empty if it may be.

    The folder need not exist. Where it or one above it is writable by others, they can put files of theirs there. A folder above may
    be, if its sticky bit keeps them from replacing what is not theirs (as that of /tmp does). Windows has other rights: nothing is said.
    """
    if os.name == "nt":
        return ""
    whole = folder.resolve()
    existing = [(place, place.stat()) for place in (whole, *whole.parents) if place.is_dir()]
    if existing and existing[0][0] == whole and existing[0][1].st_uid not in (os.geteuid(), 0):
        return f"{existing[0][0]}: somebody else owns it"
    for place, state in existing:
        is_above = place != whole
        if state.st_mode & stat.S_IWOTH and not (is_above and state.st_mode & stat.S_ISVTX):
            return f"{place}: others can write there"
        if state.st_mode & stat.S_IWGRP and not is_above and not _is_own_group(state.st_gid):
            return f"{place}: its group can write there"
    return ""


def unwritable(folder: Path) -> str:
    """Why no file can be made in a folder, such as `/cache: Read-only file system`; empty if one can. The folder need not exist."""
    for place in _and_above(folder):
        if place.exists():
            if not place.is_dir():
                return f"{place}: this is no folder"
            return "" if os.access(place, os.W_OK | os.X_OK) else f"{place}: no file can be made there"
    return f"{folder}: there is no such place"


def _and_above(folder: Path) -> Iterator[Path]:
    whole = folder.resolve()
    yield from (whole, *whole.parents)


def _is_own_group(number: int) -> bool:
    """Whether it is the private group that many systems give each user, of the user's name."""
    import grp
    import pwd

    try:
        return grp.getgrgid(number).gr_name == pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return False
