"""Commands about the contract with producers: `redline schema`."""

from __future__ import annotations

from pathlib import Path

import click

from redline.commands.root import main


@main.group("schema")
def schema_group() -> None:
    """The contract with producers: JSON Schema of every event, AsyncAPI of every topic."""


@schema_group.command("export")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def schema_export(folder: Path) -> None:
    """Write the JSON Schema of every event type into FOLDER, one file per type."""
    import json

    from schemas.contract import event_schemas

    folder.mkdir(parents=True, exist_ok=True)
    schemas = event_schemas()
    for name, schema in schemas.items():
        (folder / f"{name}.schema.json").write_text(json.dumps(schema, indent=2) + "\n", "utf-8")
    click.echo(f"{len(schemas)} schemas in {folder}")


@schema_group.command("asyncapi")
def schema_asyncapi() -> None:
    """Print the AsyncAPI document of topics and messages, as docs/asyncapi.yaml holds it."""
    from importlib.metadata import version

    import yaml

    from schemas.contract import asyncapi

    click.echo(yaml.safe_dump(asyncapi(version("redline")), sort_keys=False, allow_unicode=True, width=120), nl=False)
