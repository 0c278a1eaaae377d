"""The group of all commands, and what they share: options, settings, how an error is told."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click

from redline import faults
from redline.settings import Settings, load
from schemas.errors import InputError, RedlineError

_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 110}
_BUG = 3  # exit code of what should not happen


class _Group(click.Group):
    """Redline's own errors are one line and exit code 2; anything else shows its type and place, never its values."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except RedlineError as error:
            click.echo(f"redline: {error}", err=True)
            sys.exit(2)
        except (click.exceptions.Exit, click.Abort, click.ClickException, BrokenPipeError):
            raise
        except OSError as error:
            # Libraries raise it without a file or a number: then the place in the code is what there is to say.
            what = f"{error.filename}: {error.strerror}" if error.filename else error.strerror or faults.told(error)
            click.echo(f"redline: {what}; run `redline doctor`", err=True)
            sys.exit(2)
        except Exception as error:  # noqa: BLE001 - a traceback would show values, and they may be someone's words
            click.echo(f"redline: a fault of Redline: {faults.told(error)}", err=True)
            sys.exit(_BUG)
        except KeyboardInterrupt:
            click.echo("redline: stopped", err=True)
            sys.exit(130)


def settings_of(**flags: Any) -> Settings:
    """The settings of this call: the file of `--config`, the environment, then these flags (None: not given)."""
    config = click.get_current_context().find_root().params.get("config")
    return load(Path(config) if config else None, os.environ, flags)


def say(text: str) -> None:
    """A line for a person, on standard error: standard output is for data."""
    click.echo(text, err=True)


data_option = click.option(
    "--data", "data", type=click.Path(file_okay=False), help="Data folder (default redline-data)."
)
bootstrap_option = click.option("--bootstrap", help="Kafka to use instead of the embedded one.")
consent_option = click.option(
    "--consent",
    "mode",
    type=click.Choice(["opt-in", "opt-out"]),
    help="What silence means: opt-in (default) drops people without a record, opt-out reads them.",
)
weaker_option = click.option(
    "--accept-weaker",
    "accepted",
    metavar="NAMES",
    help="Settings that may weaken a promise to staff, such as consent.mode; it is recorded.",
)


@click.group(cls=_Group, context_settings=_CONTEXT)
@click.option("--config", type=click.Path(dir_okay=False), help="Settings file (default ./redline.toml).")
@click.version_option(package_name="redline")
def main(config: str | None) -> None:
    """Turn what people do with AI drafts into checked training data that is safe to train on."""
    del config
    faults.log_to_stderr()


def lines_of(path: Path) -> list[str]:
    """The lines of a file. Raises InputError if it is no text; OSError."""
    try:
        return path.read_text("utf-8").splitlines()
    except UnicodeDecodeError:
        pass
    raise InputError(f"{path}: needed UTF-8 text, one person per line; came other bytes")
