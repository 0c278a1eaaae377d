"""Alerts of a process that is killed again and again, to servers that are down, slow and refuse: all arrive.

Nothing arrives under two ids. The same id arrives twice only where a kill fell between a server's answer and the note
of it in the book: at most once for each channel and kill.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import Counter, defaultdict
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.receivers import free_port, http, mail, make_certificates

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.crash

CHILD = Path(__file__).with_name("alerts_child.py")
ALERTS, KILLS = 40, 4


def test_every_alert_arrives_and_none_under_two_ids(tmp_path: Path) -> None:
    rng = random.Random(7)  # noqa: S311 - when to kill
    certificates = make_certificates(tmp_path)
    ports = [free_port(), free_port(), free_port()]
    got: dict[str, list[tuple[str, str]]] = defaultdict(list)
    arguments = [str(tmp_path / "alerts"), *map(str, ports), str(certificates / "server.pem"), str(ALERTS)]

    def start(how: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, str(CHILD), *arguments, how], stdout=subprocess.PIPE, text=True, cwd=CHILD.parents[2]
        )

    def serve(stack: ExitStack, turn: int) -> Callable[[], int]:
        """Servers that fail at first, and another one each turn is down."""
        hook = stack.enter_context(http(ports[0], [500, 503])) if turn % 3 != 1 else None
        pager = stack.enter_context(http(ports[1], [429], status=202, delay_s=0.02)) if turn % 3 != 2 else None
        box = stack.enter_context(mail(certificates, ports[2]))
        box.replies = ["451 busy"]

        def note() -> None:
            for channel, server in (("hook", hook), ("pager", pager)):
                for name, body in server.taken if server is not None else ():
                    text = body["text"].split()[2] if channel == "hook" else body["payload"]["class"]
                    got[channel].append((text, name or body["dedup_key"]))
            got["mail"] += [(str(m["Subject"]).split()[1], str(m["Message-ID"])) for _, m in box.taken]

        stack.callback(note)
        return lambda: sum(len(server.taken) for server in (hook, pager, box) if server is not None)

    for turn in range(KILLS):
        with ExitStack() as stack:
            taken = serve(stack, turn)
            child = start("stay")
            wanted = rng.randrange(1, 12)
            seen, quiet = 0, time.monotonic() + 60  # a loaded machine starts it late
            while seen < wanted and time.monotonic() < quiet:
                if taken() > seen:
                    seen, quiet = taken(), time.monotonic() + 3  # or all have arrived
                time.sleep(0.005)
            child.kill()
            child.wait()
            assert child.stdout is not None
            child.stdout.close()
    with ExitStack() as stack:
        serve(stack, 0)
        child = start("end")
        assert child.wait(180) == 0
        assert child.stdout is not None
        child.stdout.close()

    for channel in ("hook", "pager", "mail"):
        kinds = Counter(got[channel])
        assert {kind for kind, _ in kinds} == {f"kind_{number}" for number in range(ALERTS)}, channel
        assert len(kinds) == ALERTS, channel
        assert sum(kinds.values()) - ALERTS <= KILLS, channel
