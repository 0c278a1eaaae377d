"""Live is more than an answer, ready more than live, and the port takes whatever comes."""

from __future__ import annotations

import socket
from contextlib import closing
from typing import TYPE_CHECKING

import httpx
import pytest

from redline.health import Health, listen
from redline.meter import Counts
from schemas.metrics import TEXT_TYPE
from streams.pulse import LOOK_S, Pulse

if TYPE_CHECKING:
    from collections.abc import Iterator


def test_a_process_is_live_and_not_ready_until_it_says_otherwise() -> None:
    health = Health()
    assert (health.live().status, health.ready().status) == (200, 503)
    health.waits("consent")
    assert health.ready().body == b"not ready: consent\n"
    health.ready_when(lambda: "")
    assert (health.live().status, health.ready().status) == (200, 200)
    health.live_while(lambda: "it hangs")
    assert (health.live().status, health.ready().status) == (503, 503)
    assert health.ready().body == b"not ready: it hangs\n"


def test_a_worker_is_live_while_each_stage_gets_on_with_what_it_has_in_hand() -> None:
    pulse, done = Pulse(stuck_s=60.0), {"scrub": 0, "join": 0}
    assert (pulse.live(1e9), pulse.ready() == "") == ("", False)  # it has not begun

    def look(now: int, *, busy: set[str], behind: bool = True, resting: bool = False) -> float:
        done["join"] += 1  # ticks go through it, whatever hangs
        return pulse.look(float(now), done, busy=busy, behind=behind, resting=resting, joined=True)

    assert max(look(now, busy=set(), behind=False) for now in range(0, 300, 5)) == 0  # nothing to do is no hanging
    assert max(look(now, busy=set()) for now in range(300, 400, 5)) == 0  # lag, and others get on
    assert [look(now, busy={"scrub"}) for now in (400, 405, 430)] == [5, 10, 0]  # the last look came late: time anew
    assert [look(now, busy={"scrub"}) for now in range(435, 461, 5)][-1] == 30
    assert pulse.live(460.0) == ""
    assert look(465, busy={"scrub"}) == 35
    assert pulse.live(465.0) == "lag and no progress in scrub for 35 s"
    done["scrub"] += 1  # one text of a batch
    assert look(470, busy={"scrub"}) == 0
    assert pulse.live(470.0) == ""
    assert [look(now, busy={"scrub"}, resting=True) for now in range(475, 600, 5)][-1] == 0


def test_a_worker_that_reads_nothing_although_there_is_lag_is_not_live() -> None:
    pulse = Pulse(stuck_s=60.0)
    for now in range(0, 45, 5):
        pulse.look(float(now), {"scrub": 7}, busy=(), behind=True, resting=False, joined=True)
    assert pulse.live(40.0) == "lag and no progress for 40 s"


def test_a_worker_whose_loop_is_blocked_is_not_live() -> None:
    pulse = Pulse(stuck_s=60.0)
    pulse.look(0.0, {}, busy=(), behind=False, resting=False, joined=True)
    assert pulse.live(60.0) == ""
    assert pulse.live(61.0) == "its event loop has not turned for 61 s"


def test_a_pulse_beats_often_enough_for_a_probe_between_doubt_and_end() -> None:
    for stuck_s in (8.0, 60.0, 600.0):
        assert Pulse(stuck_s).every_s <= min(LOOK_S, stuck_s / 4)


@pytest.fixture
def port() -> Iterator[int]:
    health, counts = Health(), Counts("x")
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        number = int(probe.getsockname()[1])
    stop = listen("127.0.0.1", number, {"/metrics": counts.page, "/live": health.live, "/ready": health.ready})
    yield number
    stop()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", number)) != 0


def test_the_port_answers_and_garbage_does_not_stop_it(port: int) -> None:
    base = f"http://127.0.0.1:{port}"
    for junk in (b"\x00\xff" * 5_000, b"GET\r\n\r\n", b"POST /live HTTP/1.1\r\n\r\n", b"GET /" + b"a" * 70_000, b""):
        with closing(socket.create_connection(("127.0.0.1", port))) as client:
            client.sendall(junk)
    held = [socket.create_connection(("127.0.0.1", port)) for _ in range(50)]  # that say nothing
    assert httpx.get(f"{base}/live?verbose=1").text == "live\n"
    assert httpx.get(f"{base}/ready").status_code == 503
    assert httpx.get(f"{base}/metrics").headers["content-type"] == TEXT_TYPE
    gone = httpx.get(f"{base}/person@corp.example")
    assert (gone.status_code, "person" in gone.text) == (404, False)
    for client in held:
        client.close()
