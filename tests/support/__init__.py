"""What several tests need, and no tests. A helper that only one test file needs stays in that file.

Inputs:

- `deployments`: deployments and run tables, in seconds
- `claim_tables`: tables of runs for a single claim, and what the claim takes, by name
- `scenario_files`: a valid scenario file, and edits that keep its lines in place
- `traffic_files`: scenarios with one or two workflows
- `synthetic_logs`: run tables and run logs, one `Row` per run
- `varied_scenarios`: twenty-two very different scenarios, which are calibrated and simulated again

Random inputs:

- `strategies`: Hypothesis strategies for deployments and run tables

Other processes:

- `jobs`: jobs that processes of an executor can import
- `sweeping`: a sweep that a test kills and starts again

Second statements, which share no code with the package and are written to be obvious rather than fast:

- `second_statement`: worker, claim and janitor, from the text of the specification
- `slow_attribution`: attribution, computed anew at every instant
"""
