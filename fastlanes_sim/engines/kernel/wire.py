"""What still comes through a connection, where the reference engine asks the connection."""

from __future__ import annotations

from fastlanes_sim.engines.kernel.jit import inlined


@inlined
def is_dead(connection):
    """Whether nothing reaches the worker any more."""
    return connection.is_cut or connection.is_abandoned


@inlined
def reaches(connection, now):
    """Whether what arrives at Lightning now does: not once its socket has closed (W-16), or Lightning went down with all its processes
    (I-1). The end of the worker's process keeps nothing from arriving (W-24)."""
    return not connection.is_cut and now < connection.dies_at
