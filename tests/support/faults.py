"""What can happen to a cluster, each thing with how it begins and how it is mended, and how long nothing moved."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from support.pace import longest_pauses
from support.pipeline import Act

from schemas import topics

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from support.cluster import Cluster
    from support.disk import Disk
    from support.network import Network
    from support.pace import Pace


@dataclass(slots=True)
class Fault:
    """One thing that happens, and how it is mended after a while."""

    name: str
    begin: Callable[[], None]
    mend: Callable[[], None]
    begun_at: float = 0.0
    mended_at: float = 0.0

    def begun_after(self, records: int) -> Act:
        """Due after so many records, and never mended."""

        def begin() -> None:
            self.begun_at = time.monotonic()
            self.begin()

        return Act(records, self.name, begin)

    def acts(self, at: int, *, mend_after: int) -> list[Act]:
        """Due after so many records, and mended that many records later."""

        def mend() -> None:
            self.mend()
            self.mended_at = time.monotonic()

        return [self.begun_after(at), Act(at + mend_after, f"mended: {self.name}", mend)]


def pause_s(fault: Fault, pace: Pace, until: float) -> float:
    """The longest that any partition's rows stood still from the fault on."""
    return max(longest_pauses(pace.moves, fault.begun_at, until).values())


class Breaker:
    """Makes faults of one cluster; each is of a broker that leads just then."""

    def __init__(self, cluster: Cluster, network: Network) -> None:
        self._cluster = cluster
        self._network = network
        self._victim = 0

    def killed(self) -> Fault:
        def begin() -> None:
            self._cluster.kill(self._leader())

        return Fault("kill -9 of a broker that leads", begin, self._launch)

    def cut(self) -> Fault:
        """No packet reaches the broker or comes from it, and no connection is closed."""
        return Fault(
            "a broker that leads is cut off",
            lambda: self._network.cut(self._cluster.name(self._leader())),
            lambda: self._network.mend(self._cluster.name(self._victim)),
        )

    def parted(self) -> Fault:
        """Clients reach the broker, and it does not reach the others: it still believes to lead."""

        def begin() -> None:
            self._network.part(self._cluster.name(self._leader()), self._others())

        def mend() -> None:
            self._network.rejoin(self._cluster.name(self._victim), self._others())

        return Fault("a broker that leads is cut off from the others, clients still reach it", begin, mend)

    def away(self, name: str, what: str) -> Fault:
        """A worker or sink is cut off from all brokers."""
        return Fault(what, lambda: self._network.cut(name), lambda: self._network.mend(name))

    def full(self, number: int, disk: Disk) -> Fault:
        def mend() -> None:
            disk.free()
            if self._cluster.runs(number):
                self._cluster.kill(number)  # a broker without a disk is of no use until it is started again
            self._cluster.launch(number)

        return Fault("a broker's disk is full", disk.fill, mend)

    def rolled(self) -> Fault:
        """All brokers are restarted, one after the other, each once the one before is whole again."""
        done: list[BaseException | None] = []

        def roll() -> None:
            try:
                for number in self._cluster.numbers:
                    self._cluster.stop_one(number)
                    self._cluster.launch(number)
                    self._cluster.wait_for(len(self._cluster.numbers))
                    self._cluster.wait_in_sync()
            except BaseException as error:  # noqa: BLE001 - told to whoever waits
                done.append(error)
            else:
                done.append(None)

        thread = threading.Thread(target=roll, daemon=True)

        def mend() -> None:
            thread.join(600.0)
            if done != [None]:
                raise RuntimeError(f"the brokers were not restarted: {done}")

        return Fault("all brokers are restarted, one by one", thread.start, mend)

    def _leader(self) -> int:
        self._victim = self._cluster.leader(topics.EVENTS, 0)
        return self._victim

    def _others(self) -> Sequence[str]:
        return [self._cluster.name(number) for number in self._cluster.numbers if number != self._victim]

    def _launch(self) -> None:
        self._cluster.launch(self._victim)
