"""A Lightning on a socket for a real worker: a scenario played in wall-clock time, and what the worker did beside what was predicted."""
