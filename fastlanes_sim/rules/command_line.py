"""How the worker's command line is taken apart, before anything is made of it (W-18).

The worker uses yargs with yargs' own defaults; these are its rules as far as they bear on the options of a worker: which
word is an option, which word is its value, what a value becomes, and what an option given twice is. Left out are options
with a dot in their name (yargs makes objects of them) and `--help` and `--version`, which end the program.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from fastlanes_sim.rules import javascript
from fastlanes_sim.rules.javascript import UNDEFINED, Undefined

Word = str | bool | Undefined
"""What yargs has in hand for an option before it looks at the option's type."""
Scalar = str | bool | int | float | Undefined
Value = Scalar | list[Scalar]

_NEGATIVE_NUMBER = re.compile(r"-([0-9]+(\.[0-9]+)?|\.[0-9]+)")
_WITH_VALUE = re.compile(r"--([^=\n\r\u2028\u2029][^=]*)=(.*)", re.DOTALL)
_NEGATED = re.compile(r"--no-(.+)", re.DOTALL)
_NUMBER_AFTER_LETTER = re.compile(r"-?[0-9]+(\.[0-9]*)?(e-?[0-9]+)?")
_HEXADECIMAL = re.compile(r"0x[0-9a-f]+", re.IGNORECASE | re.ASCII)
_DECIMAL = re.compile(r"-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(e[-+]?[0-9]+)?")
_LARGEST_SAFE = 2**53 - 1


@dataclass(frozen=True)
class Options:
    """The options that were declared with a type, by their name in camel case; all others are guessed at."""

    numbers: frozenset[str]
    strings: frozenset[str]
    booleans: frozenset[str]
    arrays: frozenset[str]
    aliases: dict[str, str] = field(default_factory=dict)

    def name(self, key: str) -> str:
        """The one name under which an option is kept, however it is spelled: `run-memory`, `runMemory`."""
        spelled = camel_case(key) if "-" in key else key
        return self.aliases.get(spelled, spelled)


def parse(argv: Sequence[str], options: Options) -> dict[str, Value]:
    """Every option given on a command line, by name."""
    return _Parse(list(argv), options).run()


def camel_case(key: str) -> str:
    """`run-memory` as `runMemory`; all is written small unless both cases occur."""
    if key in (key.lower(), key.upper()):
        key = key.lower()
    first, *others = re.split(r"[-_]+", key.lstrip("-"))
    return first + "".join(part[:1].upper() + part[1:] for part in others)


class _Parse:
    def __init__(self, argv: list[str], options: Options) -> None:
        self.argv = argv
        self.options = options
        self.found: dict[str, Value] = {}
        self.at = 0
        """The next word to look at."""

    def run(self) -> dict[str, Value]:
        while self.at < len(self.argv):
            word = self.argv[self.at]
            self.at += 1
            if word == "--":
                break
            if re.match(r"---+(=|$)", word):
                continue  # no name: counts as an argument, and so do all words that are not taken below
            if with_value := _WITH_VALUE.fullmatch(word):
                self._set_equal(with_value[1], with_value[2])
            elif negated := _NEGATED.fullmatch(word):
                self._set(negated[1], False)
            elif word.startswith("--"):
                self._take(word[2:], dash=r"-")
            elif word.startswith("-") and len(word) > 1 and not _NEGATIVE_NUMBER.fullmatch(word):
                self._short(word[1:])
        return self.found

    def _set_equal(self, key: str, value: str) -> None:
        """`--key=value`; quotes around the value are taken off, here alone."""
        if len(value) > 1 and value[0] in "'\"" and value[-1] == value[0]:
            value = value[1:-1]
        if self.options.name(key) in self.options.arrays:
            self._set_array(key, [value, *self._greedy()])
        else:
            self._set(key, value)

    def _take(self, key: str, dash: str) -> None:
        """An option whose value, if it has one, is the next word: not if that looks like an option (`dash`)."""
        name = self.options.name(key)
        if name in self.options.arrays:
            self._set_array(key, self._greedy())
            return
        following = self.argv[self.at] if self.at < len(self.argv) else None
        is_value = following is not None and (not re.match(dash, following) or _NEGATIVE_NUMBER.fullmatch(following))
        if following is not None and ((is_value and name not in self.options.booleans) or following in ("true", "false")):
            self.at += 1
            self._set(key, following)
        else:
            self._set(key, self._bare(name))

    def _bare(self, name: str) -> Word:
        """The value of an option without one. That of a number is undefined, as if it had not been given at all."""
        if name in self.options.strings:
            return ""
        return UNDEFINED if name in self.options.numbers else True

    def _greedy(self) -> list[str]:
        """What an option of several values takes: all up to the next option."""
        start = self.at
        while self.at < len(self.argv) and (not self.argv[self.at].startswith("-") or _NEGATIVE_NUMBER.fullmatch(self.argv[self.at])):
            self.at += 1
        return self.argv[start : self.at]

    def _short(self, letters: str) -> None:
        """`-p 80`, `-p80`, `-p=80`, or several options of one letter in one word."""
        for position, letter in enumerate(letters[:-1]):
            rest = letters[position + 1 :]
            if rest[0] == "=":
                self._set(letter, rest[1:])
                return
            if rest == "-":
                self._set(letter, rest)
                return
            number_follows = re.fullmatch(r"[A-Za-z]", letter) and _NUMBER_AFTER_LETTER.fullmatch(rest)
            if number_follows or re.match(r"\W", rest, re.ASCII):
                self._set(letter, rest)
                return
            self._set(letter, self._bare(self.options.name(letter)))
        self._take(letters[-1], dash=r"--?[^-]")

    def _set(self, key: str, word: Word) -> None:
        name = self.options.name(key)
        if name in self.options.arrays:
            self._set_array(key, [word])
            return
        value = self._value(name, word)
        before = self.found.get(name, UNDEFINED)
        if value == 1 and value is not True and before is not UNDEFINED:
            self.found[name] = _plus_one(before)
        elif isinstance(before, list):
            self.found[name] = [*before, value]
        elif before is UNDEFINED or name in self.options.booleans:
            self.found[name] = value
        else:
            self.found[name] = [before, value]

    def _set_array(self, key: str, words: Sequence[Word]) -> None:
        name = self.options.name(key)
        before = self.found.get(name, [])
        assert isinstance(before, list)
        self.found[name] = [*before, *(self._value(name, word) for word in words)]

    def _value(self, name: str, word: Word) -> Scalar:
        """What becomes of a word: options without a declared type are numbers wherever they look like one."""
        options = self.options
        if name in options.booleans:
            return word == "true" if isinstance(word, str) else word
        if name in options.strings or word is UNDEFINED:
            return word
        if name in options.numbers:
            return javascript.number(word) if isinstance(word, str) else int(word is True)
        return javascript.number(word) if isinstance(word, str) and _looks_like_number(word) else word


def _plus_one(before: Value) -> Value:
    """What yargs makes of a further value of 1: it takes it for a count and adds, so that `--capacity 4 --capacity 1` is 5.

    Anything but a number grows as text in JavaScript.
    """
    if isinstance(before, int | float):
        return javascript.whole(float(before) + 1)
    return javascript.text(before) + "1"


def _looks_like_number(word: str) -> bool:
    if _HEXADECIMAL.fullmatch(word):
        return True  # judged by its leading 0 alone, so that its size does not matter
    if re.match(r"0[^.\n\r\u2028\u2029]", word) or not _DECIMAL.fullmatch(word):
        return False
    return abs(javascript.parse_float(word)) <= _LARGEST_SAFE
