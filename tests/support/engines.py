"""The engines that tests are parametrised over, and the one place that says what the kernel cannot do yet."""

from __future__ import annotations

import pytest

from fastlanes_sim.engines.kernel.simulation import simulate_kernel
from fastlanes_sim.engines.reference.simulation import simulate_reference

pending = pytest.mark.skip(reason="whole lives are not in the kernel yet")
"""Of the kernel's part in tests of lives.md and of what it replaces in worker.md and lightning.md."""

REFERENCE = pytest.param(simulate_reference, id="reference")
KERNEL = pytest.param(simulate_kernel, id="kernel")

BOTH_ENGINES = [REFERENCE, KERNEL]
WHOLE_LIVES = [REFERENCE, pytest.param(simulate_kernel, id="kernel", marks=pending)]
ENGINE_NAMES = ["reference", pytest.param("kernel", marks=pending)]
"""As `WHOLE_LIVES`, by the names of `engines.selection`."""
