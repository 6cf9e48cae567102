"""The ledger of an ingest on a cluster: what has to come back, what came, and what came twice.

Ray runs work again when a worker dies, so a part may come twice; and where a plan was made twice and differently, a
part may never come. The first is counted once here, the second is known here, and is done again.
"""

from __future__ import annotations

from satseek.ingest.cluster.messages import AllFound, Done, Planned


class Ledger:
    """Keeps the keys of parts that are under way; of a plan that is over it keeps a number."""

    def __init__(self) -> None:
        self._expected: dict[int, frozenset[str]] = {}  # plans that have spoken
        self._come: dict[int, set[str]] = {}
        self._scenes: dict[int, int] = {}
        self._over: set[int] = set()
        self._plans: int | None = None  # how many there are, once discovery has ended

    def all_found(self, end: AllFound) -> None:
        """Note how many plans there are."""
        self._plans = end.messages

    def planned(self, plan: Planned) -> bool:
        """Note what a plan promises; False where it promised before."""
        if plan.plan in self._over or plan.plan in self._expected:
            return False
        self._expected[plan.plan], self._scenes[plan.plan] = plan.keys, plan.scenes
        return True

    def come(self, done: Done) -> bool:
        """Note a part that is over; False where it came before."""
        if done.plan in self._over or done.key in self._come.setdefault(done.plan, set()):
            return False
        self._come[done.plan].add(done.key)
        return True

    def close(self, plan: int) -> range:
        """Return the numbers of the scenes that are over with this message, and forget their parts."""
        expected = self._expected.get(plan)
        if expected is None or not expected <= self._come.get(plan, set()):
            return range(0)
        self._over.add(plan)
        del self._expected[plan]
        self._come.pop(plan, None)
        return range(plan, plan + self._scenes.pop(plan))

    @property
    def knows_all(self) -> bool:
        """Whether every plan has spoken, so that no more windows will turn up."""
        return self._plans is not None and len(self._over) + len(self._expected) >= self._plans

    @property
    def is_complete(self) -> bool:
        """Whether all that was promised came."""
        return self._plans is not None and len(self._over) >= self._plans and not self._expected
