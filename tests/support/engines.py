"""The engines that tests are parametrised over."""

from __future__ import annotations

import pytest

from fastlanes_sim.engines.kernel.simulation import simulate_kernel
from fastlanes_sim.engines.reference.simulation import simulate_reference

BOTH_ENGINES = [pytest.param(simulate_reference, id="reference"), pytest.param(simulate_kernel, id="kernel")]
WHOLE_LIVES = BOTH_ENGINES
"""Of tests of lives.md, and of what it replaces in worker.md and lightning.md."""
ENGINE_NAMES = ["reference", "kernel"]
"""The same, by the names of `engines.selection`."""
