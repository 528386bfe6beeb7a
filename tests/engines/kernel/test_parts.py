"""The kernel's functions are made into machine code all together (`parts`)."""

from __future__ import annotations

import pytest
from numba.core.caching import NullCache

from fastlanes_sim.engines.kernel import jit
from fastlanes_sim.engines.kernel.parts import Part, Whole

pytestmark = pytest.mark.skipif(jit.is_disabled(), reason="nothing is compiled")


@jit.inlined
def smaller(number):
    return number - 1


@jit.compiled
def is_even(number):
    if number == 0:
        return True
    return is_odd(smaller(number))


@jit.compiled
def is_odd(number):
    if number == 0:
        return False
    return is_even(smaller(number))


@jit.compiled
def count(number):
    return 3 * is_even(number) + 5 * is_odd(number)


@pytest.fixture(scope="module")
def called():
    """A function that Python calls; it leads to others that lead to one another. It is compiled each time."""

    def entry(number: int) -> int:
        return count(number) + is_even(number)

    function = jit.entry(entry)
    function._cache = NullCache()
    return function


def test_functions_that_call_one_another_are_linked_into_what_python_calls(called):
    assert [called(number) for number in range(4)] == [4, 5, 4, 5]


def test_only_what_python_calls_becomes_machine_code(called):
    called(0)
    (whole,) = called.overloads.values()
    assert isinstance(whole.library, Whole)
    assert whole.library._get_compiled_object()
    (part,) = count.overloads.values()
    assert isinstance(part.library, Part)
    assert part.library.get_pointer_to_function(part.fndesc.llvm_func_name) == 0
