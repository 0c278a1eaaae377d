"""What rows of a day count as, and whose they are: facts in DuckDB's tables, which the figures are counted from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from redline import scan

if TYPE_CHECKING:
    from datetime import date

    import duckdb

    from redline.settings import Settings
    from sinks.seal import Seal

# Of the time to a decision, in ms: upper bounds and what they are called on the page.
BUCKETS = (
    (1_000, "under 1 s"),
    (5_000, "1 to 5 s"),
    (30_000, "5 to 30 s"),
    (120_000, "30 s to 2 min"),
    (600_000, "2 to 10 min"),
)
LONGER = "over 10 min"
_BUCKET = "case " + " ".join(f"when ms < {most} then '{name}'" for most, name in BUCKETS) + f" else '{LONGER}' end"

FACTS = """
create table person ("partition" integer, "offset" bigint, epoch integer, who ubigint);
create table used (row bigint, "partition" integer, "offset" bigint);
create table pair (day date, surface varchar, task varchar, label varchar, similarity double,
    retention double, epoch integer, who ubigint);
create table session (day date, epoch integer, who ubigint);
create table event (day date, epoch integer, who ubigint, n bigint);
create table decision (day date, bucket varchar, epoch integer, who ubigint, n bigint);
create table finding (day date, entity varchar, epoch integer, who ubigint, n bigint);
"""
# The first pseudonym of its events, as for cells: `redline.disclose`.
_WHOSE = """
select row, min(struct_pack(epoch := epoch, who := who)) as p
from used join person using ("partition", "offset") group by row
"""


def take_day(settings: Settings, live: duckdb.DuckDBPyConnection, seal: Seal, day: date) -> None:
    """The facts of one day's rows: what they count as, and whose they are."""
    iso = day.isoformat()
    live.execute("delete from person")
    live.execute(
        'insert into person select s."partition", s."offset", key_epoch, hash(pseudonym) from'
        " (select unnest(sources) as s, key_epoch, pseudonym from subjects where event_date = ?)",
        [day],
    )
    columns = ["surface", "task", "label", "similarity", "retention_4gram"]
    for part in scan.parts(settings.data_dir, "pairs", ["sources", *columns], seal=seal, day=iso):
        _whose(live, part)
        live.execute(
            f"insert into pair select ?, {', '.join(columns)}, p.epoch, p.who from part left join whose using (row)",  # noqa: S608 - our own names
            [day],
        )
    for part in scan.parts(settings.data_dir, "trajectories", ["sources"], seal=seal, day=iso):
        _whose(live, part)
        live.execute("insert into session select ?, p.epoch, p.who from part left join whose using (row)", [day])
    live.execute(
        "create or replace temp table mine as"
        " select i.findings, i.ms, s.key_epoch as epoch, hash(s.pseudonym) as who from"
        " (select record_id, findings, case when event_type = 'redline.decision.v1' then"
        " try_cast(try(json_extract_string(data, '$.after_ms')) as bigint) end as ms"
        " from interactions where event_date = $1) as i left join"
        " (select record_id, key_epoch, pseudonym from subjects where event_date = $1) as s using (record_id)",
        [day],
    )
    live.execute("insert into event select ?, epoch, who, count(*) from mine group by epoch, who", [day])
    live.execute(
        f"insert into decision select ?, {_BUCKET} as bucket, epoch, who, count(*) from mine"  # noqa: S608 - our own words
        " where ms >= 0 group by bucket, epoch, who",
        [day],
    )
    live.execute(
        "insert into finding select ?, f.entity, epoch, who, sum(f.count)"
        " from (select unnest(findings) as f, epoch, who from mine) group by f.entity, epoch, who",
        [day],
    )


def _whose(live: duckdb.DuckDBPyConnection, part: pa.Table) -> None:
    """`part` with numbered rows, and `whose`: the person of each that has one."""
    numbered = part.append_column("row", pa.array(range(part.num_rows), pa.int64()))
    live.register("part", numbered)
    live.execute("delete from used")
    live.execute(
        'insert into used select row, s."partition", s."offset" from (select row, unnest(sources) as s from part)'
    )
    live.execute(f"create or replace temp table whose as {_WHOSE}")
