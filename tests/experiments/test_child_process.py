"""Processes that compute jobs end with the one that started them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.processes import MARK, marked, wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


@pytest.mark.parametrize("where", ["main", "thread"])
def test_they_die_within_a_second_after_a_sigkill(tmp_path: Path, where: str):
    """By the parent-death signal where the main thread started them; another thread may end long before its process."""
    mark = str(tmp_path)
    command = [sys.executable, "-m", "tests.support.computing", where]
    with subprocess.Popen(command, env={**os.environ, MARK: mark}, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"begun\n"
        assert len(marked(mark)) >= 3, "the one who asked, and two who compute"
        process.kill()
        assert process.wait() == -signal.SIGKILL
    assert wait_until(lambda: not marked(mark), 1.5), marked(mark)


def ignores_sigterm(pid: int) -> bool:
    ignored = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("SigIgn:"))
    return bool(int(ignored.split()[1], 16) >> (signal.SIGTERM - 1) & 1)


def test_a_signal_to_all_of_them_is_left_to_the_one_who_asked(tmp_path: Path):
    """Those who compute are deaf to SIGTERM: otherwise it would look like crashes, and jobs would be tried again."""
    mark = str(tmp_path)
    command = [sys.executable, "-m", "tests.support.computing", "main"]
    with subprocess.Popen(command, env={**os.environ, MARK: mark}, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        computing = {pid for pid, text in marked(mark).items() if "loky" in text and "resource_tracker" not in text}
        try:
            assert len(computing) == 2
            assert wait_until(lambda: all(map(ignores_sigterm, computing)), 30), "the second may still be starting"
            for pid in computing:
                os.kill(pid, signal.SIGTERM)
            assert not wait_until(lambda: not computing <= marked(mark).keys(), 0.3)
        finally:
            process.kill()
    assert wait_until(lambda: not marked(mark), 1.5), marked(mark)
