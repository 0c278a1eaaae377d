"""`redline simulate`: a made-up company of any size at work, over the real wire. `redline plan`: what one needs."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import click

from redline.commands.root import bootstrap_option, data_option, main, say, settings_of

if TYPE_CHECKING:
    from redline.simulate.curve import Burst
    from redline.simulate.run import Sent


@main.command("simulate")
@data_option
@bootstrap_option
@click.option("--people", type=click.IntRange(1), default=70_000, show_default=True, help="Size of the company.")
@click.option(
    "--days", type=click.IntRange(1, 60), default=5, show_default=True, help="Days it works, from a Monday on."
)
@click.option("--ai-week", is_flag=True, help="Everybody tries everything, with tenfold bursts every morning.")
@click.option("--per-day", type=click.FloatRange(min=0.01), help="Events of a person on an ordinary workday.")
@click.option(
    "--speed", type=click.FloatRange(min=0.01), default=1.0, show_default=True, help="Times faster than life."
)
@click.option("--rate", type=click.FloatRange(min=0.01), help="Instead of days: always so many events a second, now.")
@click.option("--seconds", type=click.FloatRange(min=0.1), help="With --rate: for so long (default: until stopped).")
@click.option("--spike", type=click.FloatRange(min=1), help="With --rate: a burst of so many times the rate.")
@click.option("--spike-at", type=click.FloatRange(min=0), default=60.0, show_default=True, help="Seconds until then.")
@click.option("--spike-for", type=click.FloatRange(min=1), default=120.0, show_default=True, help="Seconds it lasts.")
@click.option("--hurry", type=click.FloatRange(min=1), help="Scenes take so many times less long (--rate: 20, else 1).")
@click.option("--seed", type=int, help="Equal seeds, equal events and ids; without one, another every time.")
@click.option("--shard", default="1/1", show_default=True, help="Its part of the company, such as 2/4, for more cores.")
@click.option("--consent", "agree", is_flag=True, help="First record what its people have said (keys of --data).")
@click.option("--withdrawals", type=click.FloatRange(min=0), default=0.0, help="People a day who withdraw meanwhile.")
@click.option("--mark", type=click.Path(dir_okay=False), help="File to go on from, and to stop in.")
@click.option("--json", "as_json", is_flag=True, help="What was sent, as JSON.")
def simulate_command(
    *,
    data: str | None,
    bootstrap: str | None,
    people: int,
    days: int,
    ai_week: bool,
    per_day: float | None,
    speed: float,
    rate: float | None,
    seconds: float | None,
    spike: float | None,
    spike_at: float,
    spike_for: float,
    hurry: float | None,
    seed: int | None,
    shard: str,
    agree: bool,
    withdrawals: float,
    mark: str | None,
    as_json: bool,
) -> None:
    """Send the events of a made-up company to the raw topic, as its tools would, and say what was sent.

    Days follow daily curves in three time zones; --rate keeps a steady rate instead. Ctrl-C stops it.
    """
    from pathlib import Path

    import msgspec

    from redline.simulate import curve, run
    from redline.simulate.week import Mix
    from redline.up import attached, running_bootstrap, stop_event

    settings = attached(settings_of(**{"kafka.bootstrap": bootstrap, "data": data}))
    running_bootstrap(settings)
    now_us = time.time_ns() // 1000
    start_us = now_us if rate is not None or speed == 1 else curve.monday(now_us, days)
    load: curve.Load
    if rate is not None:
        bursts = () if spike is None else (_burst(start_us, spike, spike_at, spike_for),)
        load, seconds = curve.Flat(rate, bursts), seconds or 1e9
    else:
        seconds, per_day = days * curve.DAY / curve.SECOND, per_day or curve.EVENTS_PER_DAY
        load = curve.ai_week(people, start_us, days, per_day) if ai_week else curve.Days(people, per_day)
    number, count = _shard(shard)
    order = run.Order(
        people=people,
        load=load,
        start_us=start_us,
        seconds=seconds,
        seed=now_us // 1_000_000 if seed is None else seed,
        speed=1.0 if rate is not None else speed,
        mix=Mix(hurry=hurry or (20.0 if rate is not None else 1.0)),
        shard=number,
        shards=count,
        withdrawals=withdrawals,
    )
    stopping = stop_event()
    if agree:
        say(f"consent of {run.agree(settings, people):,} people recorded")
    say(f"seed {order.seed}: {people:,} people; Ctrl-C stops")
    sent = run.simulate(settings, order, stopping=stopping, say=say, mark=Path(mark) if mark else None)
    if as_json:
        click.echo(msgspec.json.encode({"seed": order.seed, **msgspec.to_builtins(sent)}))
    else:
        _show(sent)
    sys.exit(0 if sent.complete or rate is not None else 1)


@main.command("plan")
@click.option("--people", type=click.IntRange(1), required=True, help="Size of the company.")
@click.option("--ai-week", is_flag=True, help="For a week in which everybody tries everything.")
@click.option("--per-day", type=click.FloatRange(min=0.01), help="Events of a person on an ordinary workday.")
@click.option("--busy", type=click.FloatRange(0.05, 1), default=0.6, show_default=True, help="Share of a core in use.")
@click.option(
    "--drain", type=click.FloatRange(min=1), default=600.0, show_default=True, help="Seconds a burst may wait."
)
@click.option("--replication", type=click.IntRange(1), default=3, show_default=True, help="Copies of each topic.")
@click.option("--retention-days", type=click.IntRange(1), default=30, show_default=True, help="Of topics.")
@click.option(
    "--http-share", type=click.FloatRange(0, 1), default=1.0, show_default=True, help="Events by the gateway."
)
@click.option("--json", "as_json", is_flag=True, help="The plan as JSON.")
def plan_command(
    *,
    people: int,
    ai_week: bool,
    per_day: float | None,
    busy: float,
    drain: float,
    replication: int,
    retention_days: int,
    http_share: float,
    as_json: bool,
) -> None:
    """What a company of this size needs: processes, partitions, memory, disks, and what makes each of them more."""
    import msgspec

    from redline.plan import figures, sizing
    from redline.plan.shown import shown
    from redline.simulate.curve import EVENTS_PER_DAY

    measured = figures.load()
    load = sizing.load_of(people, per_day=per_day or EVENTS_PER_DAY, in_ai_week=ai_week)
    terms = sizing.Terms(busy, drain, replication, retention_days, http_share=http_share)
    made = sizing.plan(load, people, measured, terms)
    if as_json:
        click.echo(msgspec.json.encode({**sizing.as_map(made), "figures": msgspec.to_builtins(measured)}))
    else:
        click.echo(shown(made, measured))


def _burst(start_us: int, factor: float, after_s: float, seconds: float) -> Burst:
    from redline.simulate.curve import SECOND, Burst

    return Burst(start_us + int(after_s * SECOND), factor, rise_s=1.0, hold_s=seconds, fall_s=1.0)


def _shard(text: str) -> tuple[int, int]:
    number, _, count = text.partition("/")
    if not (number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count)):
        raise click.BadParameter("needed a part such as 2/4", param_hint="--shard")
    return int(number) - 1, int(count)


def _show(sent: Sent) -> None:
    from quality.report import table

    rate = sent.tally.records / max(sent.seconds, 1e-9)
    click.echo(table(("what", "count"), list(sent.tally.lines())))
    word = "complete" if sent.complete else "stopped"
    say(
        f"{word}: {sent.seconds:.1f} s, {rate:,.0f} records/s, {sent.cpu_s:.1f} s of CPU, "
        f"at most {sent.behind_s:.1f} s behind"
    )
