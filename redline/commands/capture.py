"""Commands on a developer's machine: `redline capture`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from redline.client import DEFAULT_FOLDER
from redline.commands.root import main, say, settings_of

if TYPE_CHECKING:
    from redline.capture.spool import Config

folder_option = click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=DEFAULT_FOLDER,
    show_default=True,
    help="The spool of this person.",
)


@main.group("capture")
def capture_group() -> None:
    """What tools do not report, kept on this machine until Redline has it."""


@capture_group.command("claude-code")
@folder_option
def capture_claude_code(folder: Path) -> None:
    """Keep the hook's JSON from standard input; never fails. The installed hook does it without loading Redline."""
    import contextlib

    from redline.capture import append

    with contextlib.suppress(Exception):
        append.main([str(folder.expanduser()), "claude-code"])


@capture_group.command("git")
@folder_option
@click.option("--repository", type=click.Path(file_okay=False, path_type=Path), default=Path(), help="Default: here.")
@click.option("--commit", default="HEAD", show_default=True, help="Which one.")
def capture_git(folder: Path, repository: Path, commit: str) -> None:
    """Keep what a commit made of the proposals: final edits, and rejections of what was undone before it."""
    from redline.capture.committed import capture

    click.echo(f"{capture(folder.expanduser(), repository, commit)} final edits and rejections")


@capture_group.command("install")
@click.argument("what", type=click.Choice(["claude-code", "git"]))
@folder_option
@click.option(
    "--settings", "settings_file", type=click.Path(dir_okay=False, path_type=Path), help="Claude Code's file."
)
@click.option("--repository", type=click.Path(file_okay=False, path_type=Path), default=Path(), help="Default: here.")
@click.option("--subject", help="The person, as consent knows them.")
@click.option("--gateway", help="Where to ship to: the gateway's address.")
@click.option("--token-file", help="File that holds the gateway's token.")
@click.option("--bootstrap", help="Where to ship to without a gateway: Kafka.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def capture_install(
    what: str, folder: Path, settings_file: Path | None, repository: Path, *, yes: bool, **told: str | None
) -> None:
    """Write the hooks of Claude Code, or of a repository, after showing what changes; what is there stays."""
    from redline.capture.spool import config, configure

    folder = folder.expanduser().resolve()
    old = config(folder)
    new = _told(old, told)
    if _change(what, folder, settings_file, repository, yes=yes) and new != old:
        configure(folder, new)
        say(f"written to {folder}: who and where to")


@capture_group.command("remove")
@click.argument("what", type=click.Choice(["claude-code", "git"]))
@folder_option
@click.option(
    "--settings", "settings_file", type=click.Path(dir_okay=False, path_type=Path), help="Claude Code's file."
)
@click.option("--repository", type=click.Path(file_okay=False, path_type=Path), default=Path(), help="Default: here.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def capture_remove(what: str, folder: Path, settings_file: Path | None, repository: Path, *, yes: bool) -> None:
    """Take the hooks out again, after showing what changes; everything else stays, the spool too."""
    _change(what, folder.expanduser().resolve(), settings_file, repository, yes=yes, remove=True)


@capture_group.command("ship")
@folder_option
@click.option("--follow", is_flag=True, help="Go on until Ctrl-C, every few seconds.")
def capture_ship(folder: Path, *, follow: bool) -> None:
    """Send what is in the spool to the gateway or Kafka; what is acknowledged is not sent again."""
    import time

    from redline.capture.ship import ship, target_of
    from redline.capture.spool import config
    from schemas.errors import DeliveryError

    folder = folder.expanduser()
    target = target_of(config(folder), settings_of().kafka.client)
    while True:
        try:
            done = ship(folder, target)
        except DeliveryError as error:
            if not follow:
                raise
            say(str(error))
        else:
            if done.events or done.refused or not follow:
                counts = [
                    *sorted(done.events.items()),
                    *((f"refused {why}", n) for why, n in sorted(done.refused.items())),
                ]
                say(", ".join(f"{name} {count:,}" for name, count in counts) or "nothing to ship")
        if not follow:
            return
        time.sleep(5)


@capture_group.command("status")
@folder_option
def capture_status(folder: Path) -> None:
    """What waits in the spool, what was given up, and where it goes."""
    from redline.capture.spool import Spool, config, dropped

    folder = folder.expanduser()
    conf = config(folder)
    frames = list(Spool(folder).frames())
    click.echo(f"waiting: {len(frames):,} records, {sum(len(f.body) for f in frames):,} bytes")
    for why, records in sorted(dropped(folder).items()):
        click.echo(f"given up, {why}: {records:,} records")
    click.echo(f"ships to: {conf.gateway or conf.bootstrap or 'nowhere; see `redline capture install --help`'}")


def _change(  # the two commands differ in one word
    what: str, folder: Path, settings_file: Path | None, repository: Path, *, yes: bool, remove: bool = False
) -> bool:
    """Show what changes in the file, ask, write; True unless the person says no."""
    from redline.capture import install

    if what == "git":
        path = install.hooks_file(repository)
    else:
        path = (settings_file or Path("~/.claude/settings.json")).expanduser()
    old = path.read_text("utf-8") if path.exists() else ""
    new = (install.post_commit if what == "git" else install.claude_code)(old, folder, remove=remove)
    if new == old:
        say(f"{path}: nothing to change")
        return True
    click.echo(install.diff(path, old, new), nl=False)
    if not yes and not click.confirm(f"write {path}?", err=True):
        say("nothing was written")
        return False
    install.write(path, new, executable=what == "git")
    say(f"{path} written")
    return True


def _told(old: Config, told: dict[str, str | None]) -> Config:
    import msgspec

    return msgspec.structs.replace(old, **{name: value for name, value in told.items() if value is not None})
