"""Damaged and hostile inputs, thousands of them, and what becomes of each: read, or refused in one error with a hint.

    python -m fuzz --inputs 5000            # of each kind
    python -m fuzz --seconds 600            # as many as there is time for
    python -m fuzz --kind csv --only 1234   # one input again, in this process

An input is a function of its kind, the seed of the run and its number. Files in `seeds/` are inputs that went wrong once; each is tried as
it is, and mutated. Nothing else is random.
"""
