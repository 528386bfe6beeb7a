"""Which run a claim takes (L-9 to L-16, L-24), kept up to date with every change instead of computed at every claim.

Three structures, each fed by the one before:

- *kept* (L-11): each workflow's active runs in order of (rank, insertion), as two lists, one a rank, and how far into them the limit
  reaches;
- *numbered* (L-13, L-14): each partition's kept runs in two heaps, the youngest of those within the limit on top of the one, the oldest
  beyond it on top of the other, so that a change moves at most one run across the limit;
- *candidates*: the eligible runs by queue, best first. A claim looks at the three tops.

One insertion or end costs O(log n); `rules.claim`, which computes the same from scratch, sorts all active runs.

A claim takes what was the best as its query began (L-24), unless that is gone when the query ends: `best_as_of` then finds the next. Who
was a candidate then is known by versions. Each change of the candidates has a number. A candidate knows the version in which it became one;
of those that are one no longer it is kept as long as a query is under way that began before (`departures`).
"""

from __future__ import annotations

from fastlanes_sim.engines.kernel import departures, pairing_heap, wait_causes
from fastlanes_sim.engines.kernel.jit import compiled, inlined
from fastlanes_sim.engines.kernel.records import NOBODY
from fastlanes_sim.rules.creation import Queue
from fastlanes_sim.rules.lifecycle import State

AVAILABLE = int(State.AVAILABLE)
QUEUES = len(Queue)
RANK_SHIFT = 60
"""A candidate's key has its rank above its order."""


@compiled
def insert(world, place):
    """A run has become active: its fields `order`, `rank`, `queue`, `workflow` and `state` are set."""
    run = world.runs[place]
    run.is_kept = False
    run.is_numbered = False
    run.is_candidate = False
    if world.lightning[0].is_faster_fifo:
        run.is_kept = True
        run.is_numbered = True
        refresh(world, place)
        return
    workflow = world.workflows[run.workflow]
    link(world, workflow, place)
    if is_within_claim_limit(world, workflow, place):
        keep(world, workflow, place)
        if workflow.kept[0] + workflow.kept[1] > world.lightning[0].claim_limit:
            drop_last_kept(world, workflow)
    else:
        wait_causes.note_run(world, run)


@compiled
def remove(world, place):
    """A run is no longer active."""
    run = world.runs[place]
    if world.lightning[0].is_faster_fifo:
        run.is_kept = False
        refresh(world, place)
        return
    workflow = world.workflows[run.workflow]
    was_kept = run.is_kept
    if was_kept:
        drop(world, workflow, place)
    unlink(world, workflow, place)
    if was_kept:
        keep_next(world, workflow)


@compiled
def refresh(world, place):
    """L-14: whether the run is eligible may have changed."""
    run = world.runs[place]
    is_eligible = wait_causes.is_eligible(world, run)
    is_candidate = run.state == AVAILABLE and is_eligible
    wait_causes.note_run(world, run)
    if is_candidate == run.is_candidate:
        return
    run.is_candidate = is_candidate
    which = candidates_of(world, run)
    world.lightning[0].candidates[run.queue] += 1 if is_candidate else -1
    world.lightning[0].version += 1
    if is_candidate:
        run.candidate_since = world.lightning[0].version
        key = key_of(run)
        world.tops[which] = pairing_heap.push(world.claimable, world.tops[which], place, key)
    else:
        departures.note(world, place, which, run.state == AVAILABLE)
        world.tops[which] = pairing_heap.remove(world.claimable, world.tops[which], place)


@compiled
def candidates_of(world, run):
    """Which heap it belongs to: its queue's, in round robin (L-16) its project's and queue's."""
    if world.lightning[0].is_round_robin:
        return world.workflows[run.workflow].project * QUEUES + run.queue
    return 0 + run.queue


@inlined
def best(world, loop):
    """The run that a claim of this loop takes, or NOBODY: by the queue's place in the claim, then in base order (L-6 to L-9)."""
    if world.lightning[0].is_round_robin:
        return best_in_turn(world, loop)
    return best_top(world, loop, 0)


@inlined
def best_top(world, loop, first):
    """The best of the three heaps from `first` on."""
    found, found_rank = NOBODY, 0
    for queue in range(QUEUES):
        rank = loop.rank[queue]
        top = world.tops[first + queue]
        if rank == NOBODY or top == NOBODY:
            continue
        if found == NOBODY or rank < found_rank or (rank == found_rank and world.claimable[top].key < world.claimable[found].key):
            found, found_rank = top, rank
    return found


@compiled
def best_in_turn(world, loop):
    """L-16: the best-ranked queue's first runs of each project; of these the one with the earliest turn, then by the project's place.

    A run's turn is how many of its project's candidates precede it. Linear in the projects, unlike everything else here.
    """
    found, found_rank, found_turn = NOBODY, 0, 0
    last = world.lightning[0].last_project
    projects = len(world.tops) // QUEUES
    for step in range(projects):
        first = (last + 1 + step) % projects * QUEUES
        mine = best_top(world, loop, first)
        if mine == NOBODY:
            continue
        rank = loop.rank[world.runs[mine].queue]
        turn = 0
        for queue in range(QUEUES):
            if loop.rank[queue] != NOBODY:
                turn += pairing_heap.count_below(world.claimable, world.tops[first + queue], world.claimable[mine].key)
        if found == NOBODY or rank < found_rank or (rank == found_rank and turn < found_turn):
            found, found_rank, found_turn = mine, rank, turn
    return found


# --- L-24: as of the beginning of a query ---


@compiled
def best_as_of(world, loop, version, last_project):
    """What a claim of this loop takes whose query began in this version, of what is still available; or NOBODY."""
    if not world.lightning[0].is_round_robin:
        return best_top_as_of(world, loop, 0, version)
    found, found_rank, found_turn = NOBODY, 0, 0
    projects = len(world.tops) // QUEUES
    for step in range(projects):
        first = (last_project + 1 + step) % projects * QUEUES
        mine = best_top_as_of(world, loop, first, version)
        if mine == NOBODY:
            continue
        rank = loop.rank[world.runs[mine].queue]
        turn = turn_as_of(world, loop, first, version, key_of(world.runs[mine]))
        if found == NOBODY or rank < found_rank or (rank == found_rank and turn < found_turn):
            found, found_rank, found_turn = mine, rank, turn
    return found


@compiled
def best_top_as_of(world, loop, first, version):
    """The best of what is or was in the three heaps from `first` on."""
    found, found_rank = NOBODY, 0
    for queue in range(QUEUES):
        rank = loop.rank[queue]
        if rank == NOBODY or (found != NOBODY and rank > found_rank):
            continue
        mine = departures.better(world, first + queue, version, first_as_of(world, world.tops[first + queue], version))
        if mine == NOBODY:
            continue
        if found == NOBODY or rank < found_rank or key_of(world.runs[mine]) < key_of(world.runs[found]):
            found, found_rank = mine, rank
    return found


@compiled
def first_as_of(world, top, version):
    """The candidate of this heap with the smallest key that was one in that version already, or NOBODY."""
    nodes, runs = world.claimable, world.runs
    found = NOBODY
    place = 0 + top
    while place != NOBODY:
        following = NOBODY
        if found == NOBODY or nodes[place].key < nodes[found].key:
            if runs[place].candidate_since <= version:
                found = place
            else:
                following = 0 + nodes[place].child
        while following == NOBODY and place != NOBODY:
            following = 0 + nodes[place].next
            if following == NOBODY:
                place = pairing_heap.parent(nodes, place)
        place = following
    return found


@compiled
def turn_as_of(world, loop, first, version, key):
    """L-16: how many of a project's candidates preceded that key in that version."""
    nodes, runs = world.claimable, world.runs
    turn = 0
    for queue in range(QUEUES):
        if loop.rank[queue] == NOBODY:
            continue
        turn += departures.count_below(world, first + queue, version, key)
        place = 0 + world.tops[first + queue]
        while place != NOBODY:
            following = NOBODY
            if nodes[place].key < key:
                turn += runs[place].candidate_since <= version
                following = 0 + nodes[place].child
            while following == NOBODY and place != NOBODY:
                following = 0 + nodes[place].next
                if following == NOBODY:
                    place = pairing_heap.parent(nodes, place)
            place = following
    return turn


@inlined
def key_of(run):
    """By which candidates of one queue are ranked (L-9): its rank above its order."""
    return (int(run.rank) << RANK_SHIFT) + run.order


# --- L-11: the first runs of each workflow ---


@compiled
def link(world, workflow, place):
    """Into the list of its workflow and rank, by insertion. A simulation inserts in that order, so the search ends at once."""
    runs = world.runs
    run = runs[place]
    rank = run.rank
    before = workflow.tail[rank]
    while before != NOBODY and runs[before].order > run.order:
        before = runs[before].previous
    behind = workflow.head[rank] if before == NOBODY else runs[before].next
    run.previous = before
    run.next = behind
    if before == NOBODY:
        workflow.head[rank] = place
    else:
        runs[before].next = place
    if behind == NOBODY:
        workflow.tail[rank] = place
    else:
        runs[behind].previous = place


@compiled
def unlink(world, workflow, place):
    runs = world.runs
    run = runs[place]
    if run.previous == NOBODY:
        workflow.head[run.rank] = run.next
    else:
        runs[run.previous].next = run.next
    if run.next == NOBODY:
        workflow.tail[run.rank] = run.previous
    else:
        runs[run.next].previous = run.previous


@compiled
def is_within_claim_limit(world, workflow, place):
    """Whether a run just linked is among the first: something behind it is, or there is room and nothing before it is left out."""
    run = world.runs[place]
    if run.next != NOBODY and world.runs[run.next].is_kept:
        return True
    if run.previous != NOBODY and not world.runs[run.previous].is_kept:
        return False
    ahead = workflow.kept[0] if run.rank == 0 else workflow.kept[0] + workflow.kept[1]
    return ahead < world.lightning[0].claim_limit


@compiled
def keep(world, workflow, place):
    run = world.runs[place]
    run.is_kept = True
    workflow.kept[run.rank] += 1
    if run.next == NOBODY or not world.runs[run.next].is_kept:
        workflow.last_kept[run.rank] = place
    number(world, workflow, place)


@compiled
def drop(world, workflow, place):
    run = world.runs[place]
    if workflow.last_kept[run.rank] == place:
        workflow.last_kept[run.rank] = run.previous
    run.is_kept = False
    workflow.kept[run.rank] -= 1
    unnumber(world, workflow, place)


@compiled
def drop_last_kept(world, workflow):
    rank = 1 if workflow.kept[1] > 0 else 0
    drop(world, workflow, workflow.last_kept[rank])


@compiled
def keep_next(world, workflow):
    """A place has come free: the first run that was left out moves up."""
    for rank in range(2):
        last = workflow.last_kept[rank]
        following = workflow.head[rank] if last == NOBODY else world.runs[last].next
        if following != NOBODY:
            keep(world, workflow, following)
            return


# --- L-13, L-14: the first runs of each partition ---


@compiled
def number(world, workflow, place):
    """A kept run takes its place in its partition."""
    if workflow.partition == NOBODY:
        enter(world, place)
        return
    partition, nodes = world.partitions[workflow.partition], world.numbering
    order = world.runs[place].order
    if partition.numbered < partition.limit:
        partition.numbered += 1
        partition.within = pairing_heap.push(nodes, partition.within, place, -order)
        enter(world, place)
    elif partition.limit > 0 and -nodes[partition.within].key > order:
        youngest = partition.within
        partition.within = pairing_heap.push(nodes, pairing_heap.remove(nodes, youngest, youngest), place, -order)
        partition.beyond = pairing_heap.push(nodes, partition.beyond, youngest, world.runs[youngest].order)
        leave(world, youngest)
        enter(world, place)
    else:
        partition.beyond = pairing_heap.push(nodes, partition.beyond, place, order)
        leave(world, place)


@compiled
def unnumber(world, workflow, place):
    """A run is no longer kept; whoever comes next in its partition moves up."""
    if workflow.partition == NOBODY:
        leave(world, place)
        return
    partition, nodes = world.partitions[workflow.partition], world.numbering
    if not world.runs[place].is_numbered:
        partition.beyond = pairing_heap.remove(nodes, partition.beyond, place)
        leave(world, place)
        return
    partition.within = pairing_heap.remove(nodes, partition.within, place)
    leave(world, place)
    oldest = partition.beyond
    if oldest == NOBODY:
        partition.numbered -= 1
    else:
        partition.beyond = pairing_heap.remove(nodes, oldest, oldest)
        partition.within = pairing_heap.push(nodes, partition.within, oldest, -world.runs[oldest].order)
        enter(world, oldest)


@compiled
def enter(world, place):
    world.runs[place].is_numbered = True
    refresh(world, place)


@compiled
def leave(world, place):
    world.runs[place].is_numbered = False
    refresh(world, place)
