"""How the kernel's functions become machine code: one by one as far as types go, and then once, all together.

Numba would link each function with all that it calls, optimise all of that, and make machine code of it, before it does the same with the
function's own callers: what lies deep is compiled once for each function above it. Only the code of what Python calls is ever used. So the
others stay parts, that is LLVM's intermediate code of one function each, until a whole is made of them. That halves the time.

Numba's place for this is `pipeline_class` (https://numba.readthedocs.io/en/stable/extending/compiler.html); what is overridden is its
`core.codegen.JITCodeLibrary`.
"""

from __future__ import annotations

from typing import Any

from llvmlite.binding import Linkage, parse_assembly
from numba.core.codegen import JITCodeLibrary, RuntimeLinker
from numba.core.compiler import Compiler

PREFIX = RuntimeLinker.PREFIX


class Part(JITCodeLibrary):
    """A function that only compiled functions call."""

    def finalize(self) -> None:
        """There is nothing to link, nor is any machine code made."""
        self._finalized = True

    def get_pointer_to_function(self, name: str) -> int:
        return 0  # which says that there is none

    def _get_module_for_linking(self) -> Any:
        """As it is: what is marked as needed only where it is used is left out, should its user be linked later."""
        return self._final_module

    @property
    def codegen(self) -> Any:
        return _NoEnvironments


class _NoEnvironments:
    """The environment of a function is for Python's objects, which the kernel has none of."""

    @staticmethod
    def set_env(name: str, environment: Any) -> None:
        pass


class Whole(JITCodeLibrary):
    """A function that Python calls, with all that it calls."""

    def finalize(self) -> None:
        self._linking_libraries = _with_all_they_call(self._linking_libraries)
        self._called_by_python = {function.name for function in self._final_module.functions if not function.is_declaration}
        super().finalize()

    def _optimize_final_module(self) -> None:
        """All is linked now. Numba calls whatever is not compiled yet, because it leads to itself, by a pointer that is to be set later."""
        module = self._final_module
        for name in [variable.name for variable in module.global_variables if variable.name.startswith(PREFIX)]:
            function = name.removeprefix(PREFIX)
            module.link_in(parse_assembly(f'declare void @"{function}"()\n@"{name}" = linkonce_odr constant ptr @"{function}"\n'))
        for function in module.functions:
            is_part = not function.is_declaration and function.linkage == Linkage.external and function.name not in self._called_by_python
            if is_part:  # it may be left out where it has been put into all its callers
                function.linkage = Linkage.linkonce_odr
        super()._optimize_final_module()


def _with_all_they_call(libraries: list[Any]) -> list[Any]:
    """Each of them once: parts, and then Numba's own, of which what nobody has used by then would be left out."""
    found = dict.fromkeys(libraries)
    waiting = list(found)
    while waiting:
        library = waiting.pop()
        if isinstance(library, Part):
            new = [other for other in library._linking_libraries if other not in found]
            found |= dict.fromkeys(new)
            waiting += new
    return sorted(found, key=lambda library: not isinstance(library, Part))


class PartCompiler(Compiler):  # type: ignore[misc]
    def define_pipelines(self) -> Any:
        _use(Part, self.state)
        return super().define_pipelines()


class WholeCompiler(Compiler):  # type: ignore[misc]
    def define_pipelines(self) -> Any:
        _use(Whole, self.state)
        return super().define_pipelines()


def _use(library: type[JITCodeLibrary], state: Any) -> None:
    state.library = library(state.targetctx.codegen(), state.func_id.func_qualname)
    state.library.enable_object_caching()
