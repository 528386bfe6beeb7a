"""What can be measured of a simulation, and what can be asked of it.

A *measure* is one number of a simulation, such as `p99(fast_lane.response)`, `project.clinic.lost` or `utilisation`; an *objective* is a
measure, an operator and a bound. `registry.py` says of each measure what it is computed from and in which unit, `scopes.py` over which
runs. Scenario files, `--metric`, `--until`, sweeps and Python all read them with `grammar.py`: there is one spelling.
"""
