"""What the kernel remembers: every record, with a comment a field. `world.World` holds arrays of them.

Things are numbered: a *run* here is a place in the array of active runs (its number in the run table is `order`), a claim, a segment,
a loop (a workloop, counted over all workers), a worker, a workflow, a partition (L-12) are places in their arrays. NOBODY is no place.
Times and durations are microseconds.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from fastlanes_sim.rules.creation import Queue

NOBODY = -1
FOREVER = 2**62
"""Later than every horizon."""


def record(**fields: str) -> np.dtype[Any]:
    """A record type; aligned, so that compiled code reads each field in one go."""
    return np.dtype(list(fields.items()), align=True)


CLOCK = record(
    now="i8",  # the instant of the event being handled
    horizon="i8",  # events up to and including it are handled
    created="i8",  # timers created so far: the order among equal times and ranks (W-19)
    current="i8",  # place in that order of the timer being handled
    kind="i8",  # of the event that was handled last, where it has no branch (`event_loop.FORGOTTEN`)
    events="i8",  # handled so far
    timers="i8",  # waiting in the heap
    is_hollow="b1",  # the first of them is being handled: its place is free
    first="i8",  # follow-ups taken so far
    last="i8",  # follow-ups asked for so far
    next_arrival="i8",  # place of the next run in the table
    next_outage="i8",  # place of the next beginning in `outages_begin`
    next_janitor="i8",  # when the janitor comes next (L-18), or FOREVER
    margin="i8",  # places that one event may need at most, in any of the arrays that grow
)

EVENT = record(
    time="i8",
    order="i8",  # W-19: of equal times the smallest comes first: the rank above the place in the order of creation (`event_list`)
    kind="i4",  # rules.events.Kind
    subject="i4",  # the run, claim, segment, loop or worker it is about
)

FOLLOW_UP = record(kind="i4", subject="i4")

LIGHTNING = record(
    claim_limit="i8",  # L-11
    debounce="i8",  # L-17, or NOBODY where nothing is announced
    notification="i8",  # L-17: from the end of the debounce to the worker
    grace_period="i8",  # L-18
    janitor_period="i8",  # L-18
    request="i8",  # W-16: to Lightning
    reply="i8",  # W-16: back
    next_pair="i8",  # place of the next latency in `pairs`
    active="i8",  # active runs (L-1)
    webhook_timeout="i8",  # L-20
    adaptors="i8",  # how many there are (I-10)
    created="i8",  # runs so far
    last_project="i8",  # L-16: served last in round robin, or NOBODY
    empty_replies="i8",  # so far while replies were dropped (I-9)
    first_in_table="i8",  # number of the run in the table's first row
    first_in_log="i8",  # number of the run that the log's first row stands for
    has_bypass="b1",  # ruleset
    has_priority="b1",  # ruleset
    is_faster_fifo="b1",  # L-16
    is_round_robin="b1",  # L-16
    has_ideal="b1",  # a worker takes runs without polling
    keeps_claims="b1",  # write `claim_rows` and `notes`
    keeps_changes="b1",  # write `loop_changes`, `run_changes` and `asked_at`
)

COUNTS = record(
    claims_sent="i8",
    claims_empty="i8",
    notifications="i8",
    segments="i8",  # numbered so far
    stages="i8",  # written so far
    claim_rows="i8",  # written so far
    notes="i8",  # written so far
    loop_changes="i8",  # written so far
    run_changes="i8",  # written so far
    free_runs="i8",  # places left in `runs`
    free_claims="i8",
    free_segments="i8",
    with_room="i8",  # loops that hold fewer runs than they may; kept by `multi_server` alone
)

RUN = record(
    next="i4",  # of its workflow and rank, in order of insertion (L-11); next free place
    previous="i4",
    order="i8",  # the order of creation, which is that of insertion (L-22)
    number="i8",  # its number in the run table
    service_time="i8",
    startup_time="i8",
    cold_start="i8",  # I-10
    timeout="i8",  # L-19
    began="i8",  # claimed_at, once it has started started_at: what the janitor counts from (L-18)
    workflow="i4",
    loop="i4",  # that claimed it
    segment="i4",  # that sent the winning claim, or NOBODY (W-8)
    queue="i1",
    rank="i1",  # its place in L-9 and L-11: 0 immediate, 1 normal; always 0 where the ruleset has no priority
    state="i1",  # rules.lifecycle.State
    adaptor="i4",  # I-10, or NOBODY
    reply_luck="i4",  # I-8
    outcome="i1",  # State it ends in by itself
    cause="i1",  # rules.causes.Cause that was written last, or NOBODY: what holds it back of its own
    join_fails="b1",
    is_active="b1",  # in Lightning's eyes
    is_held="b1",  # a claim or a worker has it in hand
    is_kept="b1",  # among the first of its workflow (L-11)
    is_numbered="b1",  # its number is within its partition's limit (L-13, L-14)
    is_candidate="b1",  # eligible: in one of the heaps that claims look at
)

NODE = record(
    key="i8",  # the smallest is on top
    child="i4",  # first child
    next="i4",  # next sibling
    previous="i4",  # previous sibling; of a first child, its parent; of the top, NOBODY
)

LINE = record(
    first="i4",  # row of the run that has waited longest, or NOBODY (`multi_server`)
    last="i4",  # row of the one that came last
)

WORKFLOW = record(
    head="(2,)i4",  # first active run, by rank
    tail="(2,)i4",  # last active run, by rank
    last_kept="(2,)i4",  # the last of them that L-11 keeps, by rank
    kept="(2,)i8",  # how many L-11 keeps, by rank
    partition="i4",  # L-12, or NOBODY where there is no limit
    project="i4",
)

PROJECT = record(
    limit="i8",  # of active fast-lane runs, beyond which webhooks are refused (rules.admission)
    fast_lane="i8",  # active runs in the fast lane
)

PARTITION = record(
    limit="i8",  # L-12
    numbered="i8",  # how many are within it
    within="i4",  # top of the heap of runs within the limit: the youngest
    beyond="i4",  # top of the heap of runs beyond it: the oldest
)

CLAIM = record(
    next="i4",  # next of the worker's buffered claims (W-11); next free place
    loop="i4",
    segment="i4",  # NOBODY: made on `work-available` (W-14)
    run="i4",  # that Lightning gave, or NOBODY
    session="i4",  # of the worker's socket when it was sent: if the socket has closed since, it is lost (W-16)
    row="i4",  # in `claim_rows`, or NOBODY
    sent_at="i8",
    until_replied="i8",  # from Lightning's decision
    expires="i8",  # W-16: its timeout
    expires_as="i8",  # the timeout's place in the order of timers, reserved when it was pushed
    is_dropped="b1",  # the reply never arrives (I-8)
    is_buffered="b1",
    is_alarmed="b1",  # its timeout stands in the heap; otherwise the reply is sure to come first
    is_timed_out="b1",
    is_done="b1",  # nothing of it is on the wire any more
)

SEGMENT = record(
    next="i4",  # next free place
    loop="i4",  # NOBODY: it is a free place
    number="i4",
    attempts="i4",
    delay="f8",  # milliseconds, with their fraction (W-7)
    is_cancelled="b1",
    is_over="b1",  # its chain has gone on without it, or is dead
)

LOOP = record(
    worker="i4",
    number="i4",  # within its worker
    slots="i4",  # of its layout
    capacity="i4",  # its slots; none while its process drains or is gone (F-2)
    active="i4",  # runs it holds
    verifying="i4",  # runs whose token is being verified (W-8)
    open="i4",  # claims sent and not answered (W-1)
    latest="i4",  # the segment started most recently (W-2), or NOBODY
    chains="i4",  # alive (W-2); where it `is_single`, `latest` says it
    rank=f"({len(Queue)},)i1",  # by queue: its place in the claim's order (L-6, L-7), or NOBODY if the claim does not take it
    cause="i1",  # rules.causes.Cause that was written last
    is_cancelled="b1",
    is_single="b1",  # `claim_chains: single`
)

WORKER = record(
    first_loop="i4",
    end_loop="i4",  # one behind its last loop
    first_outage="i4",  # in `outages`
    end_outage="i4",
    session="i4",  # how often its socket has closed
    due="i4",  # notifications pending or under way (L-17)
    attempts="i4",  # to reconnect (W-12)
    first_buffered="i4",  # claim (W-11), or NOBODY
    last_buffered="i4",
    session_began="i8",  # timers created before belong to a socket that has closed
    began="i8",  # when its process was started (F-1)
    start_up="i8",  # F-1: from there to the first connection
    grace="i8",  # F-4: from SIGTERM to the kill
    minimum="i8",  # ms, effective bounds of the backoff (W-3)
    maximum="i8",
    claim_timeout="i8",
    verification="i8",  # W-8, or NOBODY
    refusal="i8",
    reconnection="i8",
    stage="i1",  # rules.process.Stage of its process
    is_ideal="b1",  # `dispatch: ideal`
    is_open="b1",  # its socket
    is_announcing="b1",  # L-17: a debounce timer is pending
)

OUTAGE = record(begins="i8", ends="i8", worker="i4")

POINT = record(active="i8", time="i8")  # of a curve of the database's part of a claim

CURVE = record(  # of the database's part of a claim that is sent in [begins, ends)
    begins="i8",
    ends="i8",
    first="i4",  # of its points
    end="i4",  # one behind the last
)

DROP = record(begins="i8", ends="i8", millionths="i8")  # so many of a million replies are lost in [begins, ends) (I-8)

DOWN = record(begins="i8", ends="i8")  # no Lightning in [begins, ends) (I-1)

PAIR = record(until_decided="i8", until_replied="i8")  # a latency from a list (W-16)

CLAIM_ROW = record(
    pushed_at="i8",
    sent_at="i8",  # NOBODY in all of these: not reached
    decided_at="i8",
    replied_at="i8",
    run="i8",  # its number in the table
    worker="i4",
    workloop="i4",
    segment="i4",
    attempt="i4",
    lost="i1",  # 0 no, 1 request, 2 reply
)

CHANGE = record(
    time="i8",
    subject="i4",  # a loop, or a row of the run table
    was="i1",  # rules.causes.Cause, or NOBODY: its own until then
    cause="i1",  # and from here on
)

AUTOSCALER = record(
    first="i4",  # of its workers
    end="i4",  # one behind the last
    least="i8",
    runs_per_replica="i8",
    poll="i8",
    cool_down="i8",
    fewer_since="i8",  # `rules.autoscaling.decide`
    highest="i8",
    takes=f"({len(Queue)},)i1",  # by queue: whether a workloop of its workers takes it
    counts_active="b1",
)

STAGE = record(time="i8", worker="i4", stage="i4")  # rules.process.Stage, from here on

NOTE = record(
    time="i8",
    subject="i8",  # a worker, or a run's number in the table
    kind="i4",  # see `recorder`
)
