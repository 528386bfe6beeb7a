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
SKIPPED = -2
"""Instead of a claim: one that was foreseen, and of which there is no record (`idle_polls`)."""
FOREVER = 2**62
"""Later than every horizon."""


def record(**fields: str) -> np.dtype[Any]:
    """A record type; aligned, so that compiled code reads each field in one go."""
    return np.dtype(list(fields.items()), align=True)


CLOCK = record(
    now="i8",  # the instant of the event being handled
    horizon="i8",  # events up to and including it are handled
    created="i8",  # timers created so far: the order among equal times and ranks (W-19)
    current="i8",  # place in that order of the timer being handled; 0 where it is none
    current_order="i8",  # its `order`, or that of what is no timer
    kind="i8",  # of the event that was handled last, where it has no branch (`event_loop.FORGOTTEN`)
    events="i8",  # handled so far
    timers="i8",  # waiting in the heap
    is_hollow="b1",  # the first of them is being handled: its place is free
    first_query="i8",  # ends of queries taken so far
    last_query="i8",  # ends of queries so far
    first_up="i8",  # events taken so far from those on the way up
    last_up="i8",  # events on the way up so far
    first_down="i8",  # the same of those on the way down
    last_down="i8",
    naps="i8",  # sleeps that are shorter than the longest, in their heap
    first_sleeper="i8",  # sleeps of the longest kind that are over so far
    last_sleeper="i8",  # so far
    others_on_the_way="i8",  # messages on the way up or down that belong to no claim
    first="i8",  # follow-ups taken so far
    last="i8",  # follow-ups asked for so far
    next_arrival="i8",  # place of the next run in the table
    next_outage="i8",  # place of the next beginning in `outages_begin`
    next_janitor="i8",  # when the janitor comes next (L-18), or FOREVER
    margin="i8",  # places that one event may need at most, in any of the arrays that grow
    room="i8",  # so many events fit into what there is
    ahead="i8",  # the instant, order and place of the event that was foreseen last (`foresight`)
    ahead_order="i8",
    ahead_as="i8",
    is_undecided="b1",  # the simulation must do without foresight (`lineage`)
    remembers_from="i8",  # place in the order of creation: of those before, nothing is known any more (`lineage`)
    undecided="i8",  # claims sent and simulated that Lightning has not decided
    hopeful="i8",  # claims that have seen a candidate and whose reply is not there
    notifications_behind="i8",  # that wait behind claims (L-23)
    in_rhythm="i8",  # polls foreseen one after another, none of which had to wait (`idle_polls`)
    line_order="i8",  # order and place of the event that ends the line of a channel (`idle_polls.line_end`)
    line_as="i8",
    rhythm="i8",  # how long their queries take
    queried_until="i8",  # when the last query ends that was foreseen
    queried_on="i8",  # on this channel
    server_bits="i8",  # of a server's number (`multi_server`)
)

CREATOR = record(order="i8", place="i8")  # of the event that created a timer (`lineage`)

EVENT = record(
    time="i8",
    order="i8",  # W-19: of equal times the smallest comes first: the rank above the instant of creation (`event_list`)
    created="i8",  # of equal ones of these the smallest: the place in the order of creation
    kind="i4",  # rules.events.Kind
    subject="i4",  # the run, claim, segment, loop or worker it is about
)

FOLLOW_UP = record(kind="i4", subject="i4")

LIGHTNING = record(
    claim_limit="i8",  # L-11
    debounce="i8",  # L-17, or NOBODY where nothing is announced
    notification="i8",  # L-17: from the push to the worker
    grace_period="i8",  # L-18
    janitor_period="i8",  # L-18
    up="i8",  # of every message from a worker
    down="i8",  # of every message back
    message="i8",  # what a message on a run's channel takes (L-30)
    next_pair="i8",  # place of the next latency in `pairs`
    next_database_time="i8",  # place of the next one in `database_times`
    timed_active="i8",  # with so many active runs a query took so long when that was asked last (`server.database_time`)
    timed="i8",
    active="i8",  # active runs (L-1)
    available="i8",  # of these, those that nobody has claimed
    version="i8",  # rises whenever a run becomes a candidate, or is one no longer (L-24)
    webhook_timeout="i8",  # L-20
    adaptors="i8",  # how many there are (I-10)
    created="i8",  # runs so far
    last_project="i8",  # L-16: served last in round robin, or NOBODY
    empty_replies="i8",  # so far while replies were dropped (I-9)
    most_messages="i8",  # that one event may push at most on a run's channel
    has_bypass="b1",  # ruleset
    has_priority="b1",  # ruleset
    is_faster_fifo="b1",  # L-16
    is_round_robin="b1",  # L-16
    has_calls="b1",  # some run might call another (K-1)
    has_uses="b1",  # some run uses a resource
    has_phases="b1",  # either, or runs share what a worker has
    has_ideal="b1",  # a worker takes runs without polling
    foresees="b1",  # `foresight`
    loses_plans="b1",  # W-15a: some plans never come
    candidates=f"({len(Queue)},)i8",  # runs that a claim might take, by queue
    asking=f"({len(Queue)},)i8",  # by queue: simulated claims that might take one of it, sent, whose query has not begun
    longest_sleep="i8",  # of a segment of any worker (W-7)
    skips_polls="b1",  # `idle_polls`
    foresees_replies="b1",  # `empty_replies`
    foresees_queries="b1",  # and the queries before them
    limits_database="b1",  # claims of different connections may slow each other down (L-25, L-26)
    shares_database="b1",  # and there are several workers
    is_serial="b1",  # L-23: the claims of a connection are decided one after another
    puts_back="b1",  # L-27
    keeps_claims="b1",  # write `claim_rows` and `notes`
    keeps_changes="b1",  # write `loop_changes`, `run_changes` and `asked_at`
)

COUNTS = record(
    claims_sent="i8",
    claims_empty="i8",
    notifications="i8",
    segments="i8",  # numbered so far
    stages="i8",  # written so far
    exits="i8",  # written so far
    connections="i8",  # there have been
    channels="i8",  # there have been
    claim_rows="i8",  # written so far
    notes="i8",  # written so far
    loop_changes="i8",  # written so far
    run_changes="i8",  # written so far
    free_runs="i8",  # places left in `runs`
    free_claims="i8",
    free_segments="i8",
    free_messages="i8",
    with_room="i8",  # loops that hold fewer runs than they may; kept by `multi_server` alone
)

RUN = record(
    next="i4",  # of its workflow and rank, in order of insertion (L-11); next free place
    previous="i4",
    order="i8",  # the order of creation, which is that of insertion (L-22)
    number="i8",  # its number in the run table
    candidate_since="i8",  # the version in which it became a candidate last (L-24)
    service_time="i8",
    startup_time="i8",
    install_time="i8",
    cold_start="i8",  # I-10
    timeout="i8",  # L-19
    began="i8",  # claimed_at (L-10), once Lightning knows of its start started_at: what the janitor counts from (L-18)
    workflow="i4",
    loop="i4",  # that claimed it
    segment="i4",  # that sent the winning claim, or NOBODY (W-8)
    queue="i1",
    rank="i1",  # its place in L-9 and L-11: 0 immediate, 1 normal; always 0 where the ruleset has no priority
    state="i1",  # rules.lifecycle.State
    adaptor="i4",  # I-10, or NOBODY
    reply_luck="i4",  # I-8
    outcome="i1",  # State it ends in: at first by itself, then as the worker says
    cause="i1",  # rules.causes.Cause that was written last, or NOBODY: what holds it back of its own
    join_fails="b1",
    has_phases="b1",  # its service is in `services` too
    has_input="b1",  # W-15
    is_plan_lost="b1",  # W-15a
    is_active="b1",  # in Lightning's eyes
    is_held="b1",  # a claim or a worker has it in hand
    is_kept="b1",  # among the first of its workflow (L-11)
    is_numbered="b1",  # its number is within its partition's limit (L-13, L-14)
    is_candidate="b1",  # eligible: in one of the heaps that claims look at
    # the hold of its worker's process on it (lives.md)
    hold_before="i4",  # of its worker's runs, in the order in which their channels were made
    hold_behind="i4",
    joining="i4",  # the join that is not answered yet, or NOBODY
    first_buffered="i4",  # message (W-23), or NOBODY
    last_buffered="i4",
    messages="i4",  # records that are about it
    missing="i4",  # credentials that are not there yet (W-15)
    has_joined="b1",  # at least once
    is_joined="b1",  # now
    is_gone="b1",  # its channel is left, or could not be joined again
    has_all_credentials="b1",
    has_open_step="b1",
    has_ended="b1",  # in the engine, which emits nothing any more
    is_settled="b1",  # W-22
    starts="i1",  # in Q of W-22: of the two events of its start, as many as are left
    ends="i1",  # of the events of its end, as many as are left
    lines_before="i4",  # log lines that came before the start
    lines_behind="i4",  # and after it
    has_started="b1",  # the engine has emitted the events of its start
    next_line="i8",  # number of its next log line
    end_line="i8",  # and of the one behind its last
    launched_at="i8",
    launched_as="i8",  # the place in the order of creation before those of the timers that are set at the launch
    expires="i8",  # the guard that is named now (W-22)
    expires_as="i8",  # its place in the order of creation, or NOBODY: it is stopped
    sooner="i4",  # in its worker's list of guards, if it is listed (`timeouts`)
    later="i4",
    is_listed="b1",
    done_at="i8",  # when the process of its channel is done with what has arrived (L-30)
    done_on="i4",  # on this connection
)

SERVICE = record(  # of a run that has phases, at the run's place (`phases`)
    next_call="i8",  # row of the run that it calls next, or NOBODY
    next_use="i8",  # place in the table's uses: of the one that has begun, or of the next
    end_use="i8",  # behind its last
    done="i8",  # how far its own work has come when its present phase is over
    awaits="i8",  # row of the run whose end it waits for, or NOBODY
    work_as="i8",  # places in the order of creation, or NOBODY: the end of its present phase, or its next attempt to use a resource
    patience_as="i8",  # the end of its patience
    timeout_as="i8",  # its timeout
    memory="i8",  # that it takes on its worker
    refusals="i8",  # of this use
    resource="i4",  # that it uses, or waits for, or NOBODY
    share="i4",  # among whose users it is, or NOBODY
    line_before="i4",  # service in the line of that resource, or NOBODY
    line_behind="i4",
    is_in_line="b1",
    has_place="b1",
)

SHARE = record(  # processors that services share (R-2, R-4, `rules.sharing`)
    numerator="i8",
    denominator="i8",
    users="i8",
    virtual="i8",  # how far virtual time has come
    updated_at="i8",  # when that was true
    turn="i8",  # when the first of them has worked enough
    turn_as="i8",  # place of that timer in the order of creation, or NOBODY
    top="i4",  # of the heap of its users in `sharing`, or NOBODY
)

RESOURCE = record(
    places="i8",
    used="i8",
    first="i4",  # service in its line, or NOBODY
    last="i4",
    every="i8",  # R-3, or NOBODY
    burst="i8",
    retry_after="i8",
    attempts="i8",
    full_at="i8",  # `rules.rate_limit`
    share="i4",  # R-2, or NOBODY
)

NODE = record(
    key="i8",  # the smallest is on top
    child="i4",  # first child
    next="i4",  # next sibling
    previous="i4",  # previous sibling; of a first child, its parent; of the top, NOBODY
    order="i4",  # of equal keys the smallest is on top; where keys may be equal
)

SERVER = record(  # a slot of an ideal worker (`multi_server`)
    created="i8",  # place of its next event in the order of creation
    row="i4",  # of its run
    loop="i4",
    next_free="i4",
    is_joining="b1",
)

LINE = record(
    first="i8",  # row of the run that has waited longest, above the line's number, or more than any (`multi_server`)
    last="i8",  # row of the one that came last
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
    next="i4",  # next of the worker's buffered claims (W-11) or of its channel's inbox (L-23); next free place
    loop="i4",
    segment="i4",  # NOBODY: made on `work-available` (W-14)
    run="i4",  # that Lightning gave, or NOBODY
    connection="i4",  # that it was sent on
    channel="i4",  # whose process has it, once it has reached Lightning (L-23)
    row="i4",  # in `claim_rows`, or NOBODY
    notifications="i4",  # that stand behind it in the inbox (L-17, L-23)
    sent_at="i8",
    until_replied="i8",  # from Lightning's decision, where claims are parallel
    expires="i8",  # W-16: its timeout
    expires_as="i8",  # the timeout's place in the order of creation, or NOBODY: it is stopped
    query_before="i4",  # in the list of queries, or of those that wait for the pool (`database`)
    query_behind="i4",
    stage="i1",  # see `claims`
    is_hopeful="b1",  # it has seen a candidate
    free_at="i8",  # when the last poll before it is decided that was foreseen, in its channel's line
    free_order="i8",  # order and place of that event
    free_as="i8",
    over_at="i8",  # the end of its query, where that is not shared
    began_at="i8",  # its query (L-24)
    over_as="i8",  # the place in the order of creation of the end of its query, where that is not shared (L-25)
    tag="i8",  # how far the queries that share the processors have got when its own is over (L-25)
    version="i8",  # of the candidates, as its query began (L-24)
    last_project="i8",  # L-16, as its query began
    best="i4",  # the best of the candidates as its query began, or NOBODY
    best_order="i8",  # its order: a place may have another run by now
    is_querying="b1",  # in the list of queries
    is_waiting="b1",  # in the list of those that wait for the pool
    is_broken_off="b1",  # its query will be (L-26)
    is_error="b1",  # the reply is an error (W-16)
    is_dropped="b1",  # the reply never arrives (I-8)
    is_buffered="b1",
    is_timed_out="b1",
    is_lost="b1",  # it waits for its timeout in vain (W-16)
    is_done="b1",  # nothing of it is on the wire any more, nor in Lightning
)

TIMEOUTS = record(  # a worker's timers of one kind, all as long (`timeouts`)
    first="i4",  # of those that are listed, or NOBODY
    last="i4",
    event="i8",  # place in the order of creation of the one event that stands for them all, or NOBODY
)

CONNECTION = record(  # one socket, from its opening on
    worker="i4",
    channel="i4",  # the last that was joined, or NOBODY
    opened_at="i8",
    undecided="i8",  # claims simulated that were sent on it and are not decided
    dies_at="i8",  # when Lightning goes down, and its processes for this connection with it (I-1)
    is_cut="b1",  # what is on the wire is lost, both ways (W-16)
    is_mute="b1",  # it is cut, and nobody knows (W-25)
    is_abandoned="b1",  # the worker's process has ended: what it had sent still arrives (W-24)
)

CHANNEL = record(  # of the queue: one process of Lightning's, which takes one thing at a time (L-23)
    connection="i4",
    first="i4",  # claim in its inbox, or NOBODY
    last="i4",
    notifications="i4",  # that stand before it
    busy="i4",  # the claim that it has a query for, NOBODY, or SKIPPED
    free_at="i8",  # when the last claim is decided that was foreseen
    free_order="i8",  # order and place of that event
    free_as="i8",
    due="i4",  # notifications pending, waiting or under way (L-17)
    is_announcing="b1",  # L-17: a debounce timer is pending
    announced_behind="i4",  # the channel whose timer was created next, to end with it, or NOBODY (`server.announce`)
    is_dead="b1",  # it has crashed (W-21)
)

DATABASE = record(
    processors="i8",  # that queries share (L-25), or NOBODY: they do not
    pool="i8",  # L-26
    timeout="i8",  # L-26
    first="i4",  # query, in the order in which they began, or NOBODY
    last="i4",
    first_waiting="i4",  # for a connection of the pool, or NOBODY
    last_waiting="i4",
    queries="i8",  # how many there are
    attained="i8",  # how far each query that began long ago would have got (L-25)
    updated_at="i8",  # when that was true
    turn="i8",  # when the one timer of all ends
    turn_as="i8",  # its place in the order of creation, or NOBODY: there is none
    first_departure="i8",  # of those that matter still; places count on and on
    last_departure="i8",
)

DEPARTURE = record(  # a run that was a candidate from one version to another (L-24)
    run="i4",
    order="i8",  # of the run: the place may have another one by now
    key="i8",
    since="i8",
    until="i8",
    group="i4",  # of the heaps (`eligibility.candidates_of`)
)

MESSAGE = record(  # on a run's channel, and the handler that waits for it, if one does
    next="i4",  # next of its run's buffered messages (W-23); next free place
    run="i4",  # NOBODY: it is a free place
    connection="i4",  # that it was sent on
    kind="i1",  # rules.run_messages.Message
    handler="i1",  # rules.run_messages.Handler, or NOBODY
    place="i1",  # of the message in that handler
    is_queued="b1",  # the handler tells an event of the queue (W-22); W-15b's does not
    is_over="b1",  # acknowledged or failed
    is_silent="b1",  # Lightning does not answer it
    is_under_way="b1",  # on the wire, or in Lightning
    expires="i8",  # W-23
    expires_as="i8",
    sooner="i4",  # in its worker's list of messages, if it is listed (`timeouts`)
    later="i4",
    is_listed="b1",
)

DETAIL = record(  # what is said of a run, by row; NOBODY in times: not reached
    joined_at="i8",
    planned_at="i8",
    handed_over_at="i8",
    told_at="i8",
    messages="i8",
    timeouts="i8",
)

SEGMENT = record(
    next="i4",  # next free place
    loop="i4",  # NOBODY: it is a free place
    number="i4",
    attempts="i4",
    until_settled="i4",  # follow-ups (W-19), once it is settling
    delay="f8",  # milliseconds, with their fraction (W-7)
    wakes_as="i8",  # place in the order of creation of the end of its sleep, or NOBODY: it does not sleep
    is_cancelled="b1",
    is_over="b1",  # its chain has gone on without it, or is dead
)

LOOP = record(
    worker="i4",
    number="i4",  # within its worker
    slots="i4",
    active="i4",  # runs it holds
    verifying="i4",  # runs whose token is being verified (W-8)
    first_flight="i8",  # claims foreseen that have come back so far
    last_flight="i8",  # so far
    flights="i4",  # its first place in `flights`
    flights_mask="i4",  # its number of places there, less one
    first_free="i4",  # its first server that is free (`multi_server`)
    open="i4",  # claims sent and not answered (W-1)
    leaked="i4",  # of the runs it holds: those whose slot nobody frees any more (W-13a)
    lost="i4",  # of its open claims: those that nobody answers any more (W-16)
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
    first_outage="i4",  # in `outages`: when it cannot connect (W-12, W-25)
    end_outage="i4",
    connection="i4",  # its socket, while that is open for all that it knows, or NOBODY
    attempts="i4",  # to reconnect (W-12)
    rejoins="i4",  # attempts to join the queue's channel again while the socket lives (W-21)
    first_buffered="i4",  # claim (W-11), or NOBODY
    last_buffered="i4",
    first_hold="i4",  # run that its process holds, or NOBODY
    last_hold="i4",
    began="i8",  # when its process was started (F-1)
    start_up="i8",  # F-1: from there to the first connection
    grace="i8",  # F-4: from SIGTERM to the kill, or NOBODY: it crashes
    planned_kill="i8",  # when SIGKILL comes by plan, or NOBODY
    kill_at="i8",  # when SIGKILL comes, once it got SIGTERM (W-20 e)
    restart="i8",  # W-15a: from its exit to the first connection of the next process, or NOBODY: it is not started again
    minimum="f8",  # ms, effective bounds of the backoff (W-3)
    maximum="f8",
    claim_timeout="i8",
    message_timeout="i8",  # M (W-23)
    guard="i8",  # W-22
    verification="i8",  # W-8, or NOBODY
    refusal="i8",
    reconnection="i8",
    disturbed_at="i8",  # when the next thing happens to it that is planned beforehand; it may have passed (`foresight`)
    stops_at="i8",  # when it gets SIGTERM, or crashes, or NOBODY
    is_scaled="b1",  # an autoscaler starts and stops it
    stage="i1",  # rules.process.Stage of its process
    is_ideal="b1",  # `dispatch: ideal`
    is_whole="b1",  # the lives of its runs are simulated message by message
    survives_lost_plan="b1",  # W-15a
    is_joined="b1",  # it has joined the queue's channel: claims can be sent (W-11)
    may_skip="b1",  # its polls may be foreseen (`idle_polls`)
    is_shared="b1",  # its runs share more than its slots
    share="i4",  # of its cores, or NOBODY
    most_memory="i8",  # R-5, or FOREVER
    memory="i8",  # that its runs take
)

FLIGHT = record(  # a claim that was foreseen, until its reply
    replied_at="i8",
    created="i8",  # the reply's place in the order of creation
    segment="i4",  # NOBODY: it was made on `work-available` (W-14)
)

OUTAGE = record(begins="i8", ends="i8", worker="i4", is_mute="b1")  # no way to Lightning in [begins, ends) (W-12, W-25)

POINT = record(active="i8", time="i8")  # of a curve of the database's part of a claim

CURVE = record(  # of the database's part of a claim that is sent in [begins, ends)
    begins="i8",
    ends="i8",
    first="i4",  # of its points
    end="i4",  # one behind the last
)

DROP = record(begins="i8", ends="i8", millionths="i8")  # so many of a million replies are lost in [begins, ends) (I-8)

OVER_QUOTA = record(begins="i8", ends="i8", project="i8")  # it creates no run in [begins, ends) (L-28)

SPAN = record(begins="i8", ends="i8")  # [begins, ends)

PAIR = record(until_decided="i8", until_replied="i8")  # a latency from a list (W-16)

CLAIM_ROW = record(
    pushed_at="i8",
    sent_at="i8",  # NOBODY in all of these: not reached
    began_at="i8",
    decided_at="i8",
    replied_at="i8",
    run="i8",  # its number in the table
    worker="i4",
    workloop="i4",
    segment="i4",
    attempt="i4",
    error="i1",  # 1 yes, 0 no, NOBODY: not decided
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

EXIT = record(time="i8", worker="i4", how="i4")  # rules.process.Exit

NOTE = record(
    time="i8",
    subject="i8",  # a worker, or a run's number in the table
    kind="i4",  # see `recorder`
)
