"""Commands that are one part each, for many machines: broker, topics, worker, sink, disclose, emit."""

from __future__ import annotations

import os

import click

from redline.commands.root import bootstrap_option, consent_option, data_option, main, say, settings_of, weaker_option


@main.command("broker")
@data_option
def broker_command(data: str | None) -> None:
    """The embedded broker alone, until Ctrl-C; prints its address."""
    from redline.up import broker

    broker(settings_of(data=data), say=say)


@main.group("topics")
def topics_group() -> None:
    """Topics of the pipeline."""


@topics_group.command("create")
@bootstrap_option
@data_option
@click.option("--registry", help="Schema registry to register the events' JSON Schemas with (default kafka.registry).")
@click.option("--broker-time", is_flag=True, help="Also set raw topics that are there to the broker's time.")
@click.option("--align", is_flag=True, help="Also give topics that are there the settings they would be created with.")
def topics_create(
    bootstrap: str | None, data: str | None, registry: str | None, *, broker_time: bool, align: bool
) -> None:
    """Create every topic that is missing; refuse a partition count that does not fit."""
    from redline import cluster
    from redline.registry import register
    from redline.up import attached

    settings = attached(settings_of(**{"kafka.bootstrap": bootstrap, "data": data, "kafka.registry": registry}))
    with cluster.broker(settings, say) as live:
        created = [*cluster.prepare_topics(live), *cluster.prepare_probes(live)]
        stamped = cluster.stamp_raw(live) if broker_time else []
        other = cluster.align(live) if align else {}
    click.echo(f"created {len(created)}: {', '.join(created)}" if created else "all topics are there")
    if broker_time:
        click.echo(f"broker's time from now on: {', '.join(stamped) or 'they all had it'}")
    for name, held in other.items():
        click.echo(f"{name}: set, in place of {', '.join(f'{key} {value}' for key, value in held.items())}")
    if settings.kafka.registry:
        click.echo(f"registered {len(register(settings.kafka.registry))} schemas, backward compatible")


@main.command("worker")
@data_option
@bootstrap_option
@consent_option
@weaker_option
@click.option("--name", default="worker-1", show_default=True, help="Unique on this machine: names its state folder.")
def worker_command(data: str | None, bootstrap: str | None, mode: str | None, accepted: str | None, name: str) -> None:
    """Scrub, join and sessionise until told to stop."""
    from redline import fleet, weaker
    from redline.up import attached

    settings = settings_of(
        **{"data": data, "kafka.bootstrap": bootstrap, "consent.mode": mode, "privacy.accept_weaker": accepted}
    )
    settings = weaker.said(settings, mode)
    weaker.require_accepted(settings)
    from redline.rotation import restarting
    from redline.worker import run

    if not fleet.belongs(os.environ):
        weaker.begin(settings)
    live = attached(settings)
    restarting(live.kafka.connection).start()
    run(live, name=name)


@main.command("sink")
@data_option
@bootstrap_option
@click.option("--name", default="sink-1", show_default=True, help="Unique on this machine.")
def sink_command(data: str | None, bootstrap: str | None, name: str) -> None:
    """Check and publish batches until told to stop."""
    from redline.rotation import restarting
    from redline.sink import run
    from redline.up import attached

    live = attached(settings_of(**{"data": data, "kafka.bootstrap": bootstrap}))
    restarting(live.kafka.connection).start()
    run(live, name=name)


@main.command("disclose")
@data_option
@weaker_option
@click.option("--every", type=click.FloatRange(min=1), help="Go on: again after so many seconds, until told to stop.")
def disclose_command(data: str | None, accepted: str | None, every: float | None) -> None:
    """Decide the days that are over: of them what enough people share is published, the rest becomes `other`."""
    from redline import disclose, weaker
    from redline.up import stop_event

    settings = settings_of(**{"data": data, "privacy.accept_weaker": accepted})
    weaker.begin(settings)
    if every is None:
        click.echo(disclose.shown(disclose.disclose(settings)))
    else:
        disclose.keep_disclosing(settings, every, stop_event().wait)


@main.command("emit")
@click.argument("files", nargs=-1, required=True)
@bootstrap_option
@data_option
def emit_command(files: tuple[str, ...], bootstrap: str | None, data: str | None) -> None:
    """Send events from FILES (JSON lines, - for standard input) to the raw topic and wait for every confirmation."""
    from redline.emit import emit
    from redline.up import running_bootstrap
    from schemas import topics

    settings = settings_of(**{"kafka.bootstrap": bootstrap, "data": data})
    result = emit(
        list(files),
        bootstrap=running_bootstrap(settings),
        topic=topics.EVENTS,
        kafka_config=settings.kafka.client,
        progress=lambda _count: None,
    )
    click.echo(f"{result.records:,} records confirmed, {result.bytes:,} bytes, {result.refused:,} too large to send")
