"""The world: all arrays of a simulation under one name, for Python a plain object, for compiled code a single pointer.

A NamedTuple of arrays would do as well, were it not that Numba takes it apart into a few hundred arguments of every call: the kernel then
took seven times as long to compile. So compiled code gets the address of a list of (address, length), one pair an array, and makes of
`world.runs` an array without an owner, which costs nothing to make and nothing to drop. The Python object owns the arrays and outlives
the call.
"""

from __future__ import annotations

import operator
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.datamodel import models
from numba.core.datamodel.registry import register_default
from numba.core.extending import NativeValue, lower_getattr_generic, typeof_impl, unbox
from numba.core.imputils import impl_ret_borrowed, lower_builtin
from numba.core.typing.templates import AttributeTemplate, infer_getattr

from fastlanes_sim.engines.kernel import records

_I8, _I4, _I1 = np.dtype(np.int64), np.dtype(np.int32), np.dtype(np.int8)

FIELDS: dict[str, np.dtype[Any]] = {
    # the columns of core.run_table.RunTable that an engine reads
    "table_inserted_at": _I8,
    "table_workflow": _I4,
    "table_queue": _I1,
    "table_priority": _I1,
    "table_service_time": _I8,
    "table_startup_time": _I8,
    "table_timeout": _I8,
    "table_outcome": _I1,
    "table_join_fails": np.dtype(np.bool_),
    "table_next_attempt": _I8,
    "table_after_timeout": _I8,
    "table_after_refusal": _I8,
    "table_after_outage": _I8,
    "table_sync": np.dtype(np.bool_),
    "table_adaptor": _I4,
    "table_cold_start": _I8,
    "table_reply_luck": _I4,
    "table_install_time": _I8,
    "table_first_call": _I8,
    "table_next_call": _I8,
    "table_call_at": _I8,
    "table_patience": _I8,
    "table_fails_unanswered": np.dtype(np.bool_),
    "table_memory": _I8,
    "table_use_first": _I8,
    "table_use_of": _I4,
    "table_use_from": _I8,
    "table_use_until": _I8,
    "table_credentials": _I1,
    "table_has_input": np.dtype(np.bool_),
    "table_accepted": np.dtype(np.bool_),
    "table_plan_lost": np.dtype(np.bool_),
    "table_log_first": _I8,
    "table_log_at": _I8,  # of each run in order of time: its lines are all alike
    # the columns of core.run_log.RunLog
    "log_inserted_at": _I8,
    "log_refused_at": _I8,
    "log_began_at": _I8,
    "log_claimed_at": _I8,
    "log_received_at": _I8,
    "log_started_at": _I8,
    "log_finished_at": _I8,
    "log_ended_at": _I8,
    "log_freed_at": _I8,
    "log_leaked_at": _I8,
    "log_state": _I1,
    "log_worker": _I4,
    "log_workloop": _I4,
    # the last column of core.change_points.Changes
    "asked_at": _I8,
    # one record each, there for its fields to be changed
    "clock": records.CLOCK,
    "lightning": records.LIGHTNING,
    "counts": records.COUNTS,
    "database": records.DATABASE,
    # arrays that grow
    "timers": records.EVENT,  # a binary heap
    "ends_of_queries": records.EVENT,  # rings; their lengths are powers of two
    "on_the_way_up": records.EVENT,
    "on_the_way_down": records.EVENT,
    "naps": records.EVENT,  # a binary heap
    "sleepers": records.EVENT,  # a ring
    "follow_ups": records.FOLLOW_UP,  # a ring; its length is a power of two
    "runs": records.RUN,
    "services": records.SERVICE,  # by run, where any has phases
    "sharing": records.NODE,  # the same runs' nodes in the heaps of `shares`, by virtual time
    "claimable": records.NODE,  # each run's node in the heap of its queue's candidates, by (rank, order)
    "numbering": records.NODE,  # each run's node in one of its partition's two heaps, by order
    "claims": records.CLAIM,
    "segments": records.SEGMENT,
    "messages": records.MESSAGE,
    "connections": records.CONNECTION,
    "channels": records.CHANNEL,
    "creators": records.CREATOR,  # a ring (`lineage`)
    "departures": records.DEPARTURE,  # a ring; its length is a power of two
    "claim_rows": records.CLAIM_ROW,
    "notes": records.NOTE,
    "stages": records.STAGE,
    "exits": records.EXIT,
    "loop_changes": records.CHANGE,
    "run_changes": records.CHANGE,
    "details": records.DETAIL,  # by row of the run table
    # of `multi_server` alone
    "servers": records.SERVER,  # as many as there are slots, and further to a power of two
    "tournament": _I8,  # of the servers: who comes first of those below this place
    "lines": records.LINE,  # by queue and rank
    "line_ranks": _I8,  # by loop and line
    "behind": _I4,  # by row of the run table: the row behind it in its line; written before it is read
    "awaited_by": _I4,  # by row of the run table, where any calls others: the run that waits, or has waited, for its end
    # what is deployed
    "projects": records.PROJECT,
    "workflows": records.WORKFLOW,
    "partitions": records.PARTITION,
    "tops": _I4,  # the best candidate by queue; in round robin by project and queue
    "workers": records.WORKER,
    "loops": records.LOOP,
    "resources": records.RESOURCE,
    "shares": records.SHARE,  # those of resources, then those of workers
    "flights": records.FLIGHT,  # a ring a loop (`flights`)
    "autoscalers": records.AUTOSCALER,
    "timeouts": records.TIMEOUTS,  # three a worker (`timeouts`)
    "outages": records.OUTAGE,  # by worker: in which it cannot connect
    "outages_begin": records.OUTAGE,  # those that close its socket, in the order in which they begin
    "points": records.POINT,
    "curves": records.CURVE,  # the first that holds counts; the last always does (I-7)
    "pairs": records.PAIR,
    "database_times": _I8,
    "loaded_at": _I8,  # by worker and adaptor, or NOBODY (I-10)
    "downs": records.SPAN,  # in order
    "over_quota": records.OVER_QUOTA,
    "claim_errors": records.SPAN,
    "silent": records.SPAN,
    "drops": records.DROP,  # the first that holds counts
}
"""Name and type of each array. All have one dimension."""

_PLACE = {name: place for place, name in enumerate(FIELDS)}


class World:
    """Holds the arrays. Immutable: an array that grows makes a new world."""

    __slots__ = ("_arrays", "directory", *FIELDS)

    def __init__(self, **arrays: Any) -> None:
        self._hold({}, np.empty(2 * len(FIELDS), np.int64), {name: arrays[name] for name in FIELDS})

    def _hold(self, held: dict[str, Any], directory: Any, arrays: dict[str, Any]) -> None:
        self._arrays = held
        self.directory = directory
        """What compiled code gets: (address, length) of each array."""
        for name, given in arrays.items():
            place, array = _PLACE[name], np.ascontiguousarray(given, FIELDS[name])
            held[name] = array
            directory[2 * place : 2 * place + 2] = array.ctypes.data, len(array)

    def __getattr__(self, name: str) -> Any:
        """One of the arrays, for Python: records' fields are attributes there too. Such a view is made only of what is asked for."""
        if name not in FIELDS:
            raise AttributeError(name)
        array = self._arrays[name]
        found = array.view(np.recarray) if array.dtype.names else array
        setattr(self, name, found)
        return found

    def replaced(self, **arrays: Any) -> World:
        """The same with other arrays in these fields."""
        if not arrays:
            return self
        other = World.__new__(World)
        other._hold(dict(self._arrays), self.directory.copy(), arrays)
        return other


class WorldType(types.Type):
    """What Numba knows of a world."""

    def __init__(self) -> None:
        super().__init__(name="World")


@typeof_impl.register(World)
def _typeof(_: World, __: Any) -> WorldType:
    return WorldType()


class FieldType(types.Array):
    """What Numba knows of one of its arrays: one like any other, but that places count from its beginning alone.

    For any other array compiled code asks at each access whether the place is negative, and so counts from the end; here it never is.
    """


@register_default(FieldType)
class _FieldModel(models.ArrayModel):
    """Nobody owns its memory, so nobody counts the references to it: a call a count, wherever an array is an argument."""

    def traverse(self, builder: Any) -> list[Any]:
        return []


@lower_builtin(operator.getitem, FieldType, types.Integer)
def _getitem(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    array_type, place_type = signature.args
    array = context.make_array(array_type)(context, builder, arguments[0])
    place = context.cast(builder, arguments[1], place_type, types.intp)
    pointer = cgutils.gep_inbounds(builder, array.data, place)
    return impl_ret_borrowed(context, builder, signature.return_type, context.unpack_value(builder, array_type.dtype, pointer))


@lower_builtin(operator.setitem, FieldType, types.Integer, types.Any)
def _setitem(context: Any, builder: Any, signature: Any, arguments: Any) -> None:
    array_type, place_type, value_type = signature.args
    array = context.make_array(array_type)(context, builder, arguments[0])
    place = context.cast(builder, arguments[1], place_type, types.intp)
    value = context.cast(builder, arguments[2], value_type, array_type.dtype)
    context.pack_value(builder, array_type.dtype, value, cgutils.gep_inbounds(builder, array.data, place))


def _array_type(name: str) -> FieldType:
    return FieldType(numba.from_dtype(FIELDS[name]), 1, "C", name=f"Field({FIELDS[name]})")


@register_default(WorldType)
class _WorldModel(models.PrimitiveModel):
    def __init__(self, manager: Any, world_type: WorldType) -> None:
        super().__init__(manager, world_type, ir.IntType(64).as_pointer())


@unbox(WorldType)
def _unbox(_: WorldType, world: Any, c: Any) -> NativeValue:
    """The address of the directory. It is borrowed: the caller keeps the world."""
    directory = c.pyapi.object_getattr_string(world, "directory")
    native = c.unbox(types.Array(types.int64, 1, "C"), directory)
    c.pyapi.decref(directory)
    array = c.context.make_array(types.Array(types.int64, 1, "C"))(c.context, c.builder, value=native.value)
    return NativeValue(array.data, is_error=native.is_error, cleanup=native.cleanup)


@infer_getattr
class _WorldAttributes(AttributeTemplate):
    key = WorldType

    def generic_resolve(self, _, name):  # type: ignore[override]
        return _array_type(name) if name in FIELDS else None


@lower_getattr_generic(WorldType)
def _getattr(context: Any, builder: Any, _: WorldType, pointer: Any, name: str) -> Any:
    """An array over the memory of the Python object's, owned by nobody."""
    place, array_type = _PLACE[name], _array_type(name)
    address, length = (builder.load(cgutils.gep_inbounds(builder, pointer, 2 * place + part)) for part in range(2))
    for value in (address, length):  # what compiled code writes never changes the directory
        value.set_metadata("invariant.load", builder.module.add_metadata([]))
    array = context.make_array(array_type)(context, builder)
    item = context.get_constant(types.intp, context.get_abi_sizeof(context.get_data_type(array_type.dtype)))
    data = builder.inttoptr(address, context.get_data_type(array_type.dtype).as_pointer())
    context.populate_array(array, data=data, shape=[length], strides=[item], itemsize=item, meminfo=None)
    return impl_ret_borrowed(context, builder, array_type, array._getvalue())
