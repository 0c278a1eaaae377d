from __future__ import annotations

from random import Random

import pytest

from bench.live import kind_of
from bench.soak import trend

HOURS = [number / 120 for number in range(600)]


@pytest.mark.parametrize(("leak", "flat"), [(0.0, True), (0.3, True), (5.0, False), (40.0, False), (-9.0, True)])
def test_memory_is_flat_if_it_grows_by_less_than_its_noise(leak: float, flat: bool) -> None:
    rng = Random(1)  # noqa: S311 - noise
    collected = [300 + leak * at + rng.gauss(0, 2) - 60 * (rng.random() < 0.02) for at in HOURS]
    found = trend(HOURS, collected)
    assert found["flat"] is flat
    assert found["mb_per_hour"] == pytest.approx(leak, abs=0.3)


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("python -m redline worker --name worker-1", "worker"),
        ("python -m redline sink --name sink-1", "sink"),
        ("python -m streams.privacy.worker 3", "scrubbers"),
        ("java -Xmx512m -cp x kafka.Kafka server.properties", "broker"),
        ("python -m redline.guardian 4 -- python -m redline worker", "guardians"),
        ("python -m redline up", "up"),
    ],
)
def test_processes_are_known_by_their_command_lines(line: str, kind: str) -> None:
    assert kind_of(line.split()) == kind
