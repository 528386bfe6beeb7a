"""Standard output and standard error, made safe: whatever is printed passes through here.

Control characters and orders to the runner of a CI are taken out (`core.escaping`), a character that the encoding does not have gets a
replacement, a reader that has left (`| head`) ends the output silently, and a stream that was closed takes everything.
"""

from __future__ import annotations

import codecs
import errno
import os
import select
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.core.escaping import terminal

_SPELLED = {
    "→": "->", "←": "<-", "≥": ">=", "≤": "<=", "≈": "~", "≠": "!=", "−": "-", "–": "-", "…": "...", "×": "x", "µ": "u", "·": "-",
    "✓": "ok", "✗": "x", "“": '"', "”": '"', "’": "'", "│": "|", "─": "-", "━": "-", "•": "*", "±": "+/-", "∞": "inf",
}  # fmt: skip
"""For encodings that do not have these characters of ours."""
_ERRORS = "fastlanes-spelled"
_HAS_LEFT = {errno.EPIPE, errno.ESHUTDOWN, errno.EBADF}


class OutputError(FastlanesError):
    """What was to be shown cannot be: its place is full."""


class Stream:
    """A text stream with a filter. It has no `buffer`, so nobody writes past it."""

    def __init__(self, stream: TextIO | None, *, filters: bool = True) -> None:
        self._stream = stream
        self._filters = filters
        self._is_over = stream is None
        self._reader_left = False
        self.unfiltered: Stream = Stream(stream, filters=False) if filters else self
        """The same stream for what is an order on purpose: the colours of a table, a workflow command."""

    @property
    def reader_has_left(self) -> bool:
        return self._reader_left or self.unfiltered._reader_left

    def look_for_reader(self) -> bool:
        """Whether the reader of a pipe has left, also if nothing was written since. Where the system cannot tell: as far as is known."""
        if self._stream is not None and not self._is_over and hasattr(select, "poll"):
            poll = select.poll()
            with suppress(OSError, ValueError):
                poll.register(self._stream, 0)
                self._reader_left = self._is_over = any(event & select.POLLERR for _, event in poll.poll(0))
        return self.reader_has_left

    @property
    def encoding(self) -> str:
        return getattr(self._stream, "encoding", None) or "utf-8"

    @property
    def errors(self) -> str:
        return _ERRORS

    def write(self, text: str) -> int:
        shown = terminal(text) if self._filters else text
        if shown:  # Typer tries with an empty text what kind of stream this is, and would swallow what goes wrong
            self._do("write", shown)
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        self._do("flush")

    def isatty(self) -> bool:
        return self._stream is not None and self._stream.isatty()

    def fileno(self) -> int:
        if self._stream is None:
            raise OSError(errno.EBADF, "this stream is closed")
        return self._stream.fileno()

    def writable(self) -> bool:
        return True

    def readable(self) -> bool:
        return False

    @property
    def closed(self) -> bool:
        return False

    def _do(self, what: str, *values: str) -> None:
        if self._is_over or self._stream is None:
            return
        try:
            getattr(self._stream, what)(*values)
        except OSError as error:
            self._is_over, self._reader_left = True, error.errno in _HAS_LEFT
            _take_everything(self._stream)
            if not self._reader_left:
                raise OutputError(f"standard output: {error.strerror}", "make room, or write elsewhere") from None
        except ValueError:  # somebody closed it
            self._is_over = True


def _take_everything(stream: TextIO) -> None:
    """Let what is still buffered go nowhere, or Python complains of it at the end."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def _spelled(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = "".join(_SPELLED.get(letter, "?") for letter in error.object[error.start : error.end])
    return text, error.end


@contextmanager
def safe_streams() -> Iterator[Stream]:
    """Everything printed inside goes through a `Stream`; yields that of standard output."""
    codecs.register_error(_ERRORS, _spelled)
    before = sys.stdout, sys.stderr
    for stream in before:
        if stream is None:
            os.open(os.devnull, os.O_WRONLY)  # takes the closed number, which the next file would get otherwise
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=_ERRORS)
    out, err = (Stream(stream) for stream in before)
    of_sys: Any = sys
    of_sys.stdout, of_sys.stderr = out, err
    try:
        yield out
        out.flush()
    finally:
        with suppress(FastlanesError):
            out.flush()
            err.flush()
        sys.stdout, sys.stderr = before
