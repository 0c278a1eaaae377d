"""Commands of the gateway: `redline gateway`, and its tokens."""

from __future__ import annotations

import sys

import click

from redline.commands.root import bootstrap_option, data_option, main, say, settings_of


@main.group("gateway", invoke_without_command=True)
@data_option
@bootstrap_option
@click.option("--host", help="Where to listen (default 127.0.0.1).")
@click.option("--port", type=click.IntRange(0, 65535), help="Likewise (default 4318; 0: any free one).")
@click.option("--open", "anyone", is_flag=True, help="No tokens: whoever works on this machine may send.")
@click.pass_context
def gateway_group(
    context: click.Context, *, data: str | None, bootstrap: str | None, host: str | None, port: int | None, anyone: bool
) -> None:
    """Take events by HTTP until told to stop; 2xx comes after Kafka has acknowledged."""
    if context.invoked_subcommand is not None:
        return
    from redline.gateway.run import run
    from redline.rotation import restarting
    from redline.up import attached

    flags = {"data": data, "kafka.bootstrap": bootstrap, "gateway.host": host, "gateway.port": port}
    live = attached(settings_of(**flags))
    restarting(live.kafka.connection).start()
    run(live, anyone=anyone, say=say)


@gateway_group.group("token")
def token_group() -> None:
    """Who may send. Only hashes of tokens are kept."""


@token_group.command("add")
@click.argument("name")
@click.option("--subject", default="", help="The one person whose events these are, as consent names them.")
@click.option("--source", "sources", multiple=True, help="A CloudEvents source it may send; `/ide/*` is a beginning.")
@click.option("--rate", type=click.FloatRange(0), default=0.0, help="Events per second (default: no limit).")
@data_option
def token_add(name: str, subject: str, sources: tuple[str, ...], rate: float, data: str | None) -> None:
    """Make a token for the producer NAME and print it, this once."""
    from redline.gateway import tokens
    from redline.gateway.run import token_file

    path = token_file(settings_of(data=data))
    click.echo(tokens.add(path, name, subject=subject, sources=sources, rate=rate))


@token_group.command("list")
@data_option
def token_list(data: str | None) -> None:
    """Every producer that has a token, and what it may do."""
    from quality.report import table
    from redline.gateway import tokens
    from redline.gateway.run import token_file

    found = tokens.load(token_file(settings_of(data=data)))
    rows = [
        (p.name, p.subject or "any", ", ".join(p.sources) or "all", f"{p.rate:g}/s" if p.rate else "") for p in found
    ]
    click.echo(table(("producer", "subject", "sources", "rate"), rows) if rows else "no tokens")


@token_group.command("remove")
@click.argument("name")
@data_option
def token_remove(name: str, data: str | None) -> None:
    """Take the token of the producer NAME away; a running gateway sees it within a second."""
    from redline.gateway import tokens
    from redline.gateway.run import token_file

    if not tokens.remove(token_file(settings_of(data=data)), name):
        click.echo(f"{name} has no token")
        sys.exit(1)
    click.echo(f"{name} may send no more")


@gateway_group.command("openapi")
def gateway_openapi() -> None:
    """Print the OpenAPI document, as docs/openapi.yaml holds it."""
    import json
    from importlib.metadata import version

    import yaml

    from redline.gateway.openapi import document

    tree = json.loads(json.dumps(document(version("redline"))))  # a tree: parts that are shared would become anchors
    click.echo(yaml.safe_dump(tree, sort_keys=False, allow_unicode=True, width=120), nl=False)
