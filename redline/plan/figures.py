"""What was measured of an event: processor, memory, bytes. `figures.json` is made of bench/results, never by hand."""

from __future__ import annotations

from importlib.resources import files

import msgspec

_FILE = "figures.json"


class Figures(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Per event, at `events_per_s` of `event_bytes` each, on the machine of the benchmarks.

    `rest_cores` (without events), `cpu_us` and `rss_mb` by kind of process; `kafka_bytes` by topic, as they lie on a
    broker's disk once; `table_bytes` by table; `state_bytes` on the disk of workers, of an event whose interaction is
    open. `of`: benchmark and commit.
    """

    of: dict[str, str]
    cores: int
    events_per_s: float
    event_bytes: float
    rest_cores: dict[str, float]
    cpu_us: dict[str, float]
    rss_mb: dict[str, float]
    kafka_bytes: dict[str, float]
    table_bytes: dict[str, float]
    state_bytes: float


def load() -> Figures:
    """Those of this version of Redline."""
    return msgspec.json.decode(files(__package__).joinpath(_FILE).read_bytes(), type=Figures)
