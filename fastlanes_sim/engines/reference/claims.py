"""A claim under way: pushed, perhaps buffered, sent, decided, answered, or lost with its socket (W-11, W-16)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fastlanes_sim.core.run_log import ClaimRow
from fastlanes_sim.engines.reference.active_runs import RunRow
from fastlanes_sim.engines.reference.event_list import Clock, Timer
from fastlanes_sim.engines.reference.recorder import Recorder
from fastlanes_sim.engines.reference.server import Lightning


class Claim:
    """One claim for one run of these queues. `answered` is called once, with the run or None; never if the claim is lost for good."""

    __slots__ = ("answered", "given", "lost", "queues", "row", "timed_out", "timeout")

    def __init__(self, queues: Sequence[str], row: ClaimRow, answered: Callable[[RunRow | None], None]) -> None:
        self.queues = queues
        self.row = row
        self.answered = answered
        self.timeout: Timer | None = None
        self.timed_out = False
        self.lost = False
        self.given: RunRow | None = None


class Courier:
    """Carries a worker's claims to Lightning and the replies back."""

    def __init__(self, clock: Clock, lightning: Lightning, recorder: Recorder, claim_timeout: int) -> None:
        self._clock = clock
        self._lightning = lightning
        self._recorder = recorder
        self._claim_timeout = claim_timeout
        self._is_open = False
        self._buffered: dict[Claim, None] = {}
        self._under_way: dict[Claim, None] = {}

    def push(self, claim: Claim) -> None:
        """Send a claim now, or keep it until the socket is open again. Its timeout runs from here (W-16)."""
        self._recorder.claim_pushed(claim.row)
        self._start_timeout(claim)
        if self._is_open:
            self._send(claim)
        else:
            self._buffered[claim] = None

    def socket_opened(self) -> None:
        self._is_open = True

    def send_buffered(self) -> None:
        """W-11: claims kept while disconnected go out first, in order; their timeouts start anew."""
        buffered, self._buffered = self._buffered, {}
        for claim in buffered:
            self._start_timeout(claim)
            self._send(claim)

    def socket_closed(self) -> None:
        """W-16: what is under way is lost. An undecided claim was never seen; a decided one leaves its run claimed."""
        self._is_open = False
        under_way, self._under_way = self._under_way, {}
        for claim in under_way:
            claim.lost = True

    def _start_timeout(self, claim: Claim) -> None:
        if claim.timeout is not None:
            claim.timeout.cancel()
        claim.timeout = self._clock.after(self._claim_timeout, self._time_out, claim)

    def _send(self, claim: Claim) -> None:
        claim.row.sent_at = self._clock.now
        self._under_way[claim] = None
        until_decided, until_replied = self._lightning.claim_latency()
        if until_decided:
            self._clock.after(until_decided, self._decide, claim, until_replied)
        else:
            self._decide(claim, until_replied, instant=True)

    def _decide(self, claim: Claim, until_replied: int, *, instant: bool = False) -> None:
        row = claim.row
        if claim.lost:
            row.lost = "request"
            return
        row.decided_at = self._clock.now
        claim.given = self._lightning.claim(row.worker, row.workloop, claim.queues)
        row.run = None if claim.given is None else claim.given.row
        if claim.given is not None and row.sent_at is not None:
            self._recorder.claim_won(claim.given.row, row.sent_at)
        if self._lightning.drops_reply(claim.given):  # as if its socket had died under it
            claim.lost = True
            del self._under_way[claim]
        if until_replied:
            self._clock.after(until_replied, self._reply, claim)
        elif instant:
            # W-19: an answer without any latency follows the code that sent the claim.
            self._clock.follow_up(self._reply, claim)
        else:
            self._reply(claim)

    def _reply(self, claim: Claim) -> None:
        if claim.lost:
            claim.row.lost = "reply"
            return
        del self._under_way[claim]
        claim.row.replied_at = self._clock.now
        if claim.timed_out:
            return  # W-16: too late; the run stays claimed and nobody starts it.
        assert claim.timeout is not None
        claim.timeout.cancel()
        claim.answered(claim.given)

    def _time_out(self, claim: Claim) -> None:
        claim.timed_out = True
        self._buffered.pop(claim, None)
        claim.answered(None)
