"""`python -m fastlanes_sim` is the `fastlanes-sim` command."""

from fastlanes_sim.cli import main

main()
