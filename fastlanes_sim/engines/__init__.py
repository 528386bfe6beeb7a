"""Two engines that mirror each other: the same file names for the same concepts, and the same function names for the same things.

`reference` is written to be read, on SimPy and plain objects. `kernel` is compiled, on arrays of numbers, and some hundred times as fast.
Their logs are equal. `selection` chooses one.

A function of either takes the world and what it is about: in the reference engine `resume(world, loop)` gets a workloop, in the kernel the
place of a workloop in its array. What happens when is `rules.order` and `rules.events`, which both read.

Both have, in the order in which they are best read:

- `simulation`, `initial_state`, `world`, `records`: one simulation, its beginning, and what it remembers;
- `event_list`, `event_loop`: what is to come, and who handles it;
- `callers`, `server`, `active_runs`, `incidents`, `janitor`: Lightning and who asks it for runs;
- `queue_channel`, `database`, `run_channel`: Lightning's processes for a connection, and what their claims meet in the database;
- `connection`, `workloop`, `claims`, `worker`: how a worker asks for runs, and what it is answered;
- `execution`, `messages`, `run_events`, `startup`: the life of a run on a worker, message by message;
- `phases`, `calls`, `service`, `resources`, `sharing`: the service of a run that calls others (docs/chains.md), uses resources, or shares
  what its worker has (docs/resources.md);
- `simplified`: that life as the first recordings have it, and of an ideal worker's runs;
- `process`, `autoscaler`: the life of a worker;
- `ideal`: workers without polls or latency;
- `recorder`, `wait_causes`: what is written down beside the log.

Only the kernel has:

- `jit`, `parts`: how it is compiled, and where the machine code is kept;
- `free_list`: places in arrays that are handed out and come back, where Python has objects;
- `pairing_heap`: a heap out of whose middle runs can be taken, where Python sorts;
- `eligibility`: which run a claim takes, kept up to date instead of computed at every claim;
- `departures`: runs that a query under way has seen and that are there no longer, where the reference engine keeps what it saw;
- `timeouts`: timers that are nearly always stopped, listed beside the future event list;
- `foresight`, `lineage`: the healthy part of a run's life, added up instead of simulated, and which of two events then comes first;
- `idle_polls`, `empty_replies`, `flights`: polls that must fail, and queries that find nothing, of which only the next sleep is simulated,
  and their claims until the reply;
- `wire`: what still comes through a connection, where the reference engine asks the connection;
- `multi_server`: a shortcut for nothing but ideal workers;
- `claim_table`: its table of runs for callers in Python, as `active_runs.Table` is of the reference engine;
"""
