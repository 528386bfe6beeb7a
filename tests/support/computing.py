"""python -m tests.support.computing WHERE: jobs in two processes that take for ever, for a test that kills the one who asked for them.

WHERE is `main` or `thread`: which thread starts the processes. "begun" is printed when the first job is done.
"""

from __future__ import annotations

import sys
import threading

from fastlanes_sim.experiments.executors import Executor, run_jobs
from tests.support import jobs


def compute() -> None:
    def tell(done: int, total: int) -> None:
        if done == 1:
            print("begun", flush=True)

    run_jobs(jobs.slow_square, range(100_000), executor=Executor(2), progress=tell)


def main() -> None:
    if sys.argv[1] == "main":
        compute()
    else:
        thread = threading.Thread(target=compute)
        thread.start()
        thread.join()


if __name__ == "__main__":
    main()
