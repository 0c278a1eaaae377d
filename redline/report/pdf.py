"""The report on paper: a Chromium that is on the machine prints it. Redline brings none along."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from schemas.errors import InputError

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
# Nothing but the page: no look for updates, no services.
_QUIET = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_LONGEST_S = 120.0
_BY_HAND = "open the page in a browser and print it there: it has a form for paper"


def browser() -> str | None:
    """The Chromium of this machine, if there is one."""
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    return found or next((place for place in _PLACES if Path(place).exists()), None)


def flags() -> list[str]:
    """What a Chromium is started with that is to do nothing but show a page."""
    alone = ["--no-sandbox"] if os.geteuid() == 0 else []  # its sandbox does not run as root
    return [*_QUIET, *alone]


def printed(page: Path, to: Path) -> None:
    """Print the page into a PDF file.

    Raises:
        InputError: there is no Chromium, or it made no file.
    """
    program = browser()
    if program is None:
        raise InputError(f"--pdf: needed Chromium or Chrome on the PATH, there is none; {_BY_HAND}")
    with tempfile.TemporaryDirectory(prefix="redline-print-") as folder:
        made = Path(folder) / "report.pdf"
        # A profile that does not stay.
        own = ["--headless", "--no-pdf-header-footer", f"--user-data-dir={folder}/profile", f"--print-to-pdf={made}"]
        try:
            subprocess.run(  # noqa: S603 - a browser, on a file of ours
                [program, *flags(), *own, page.absolute().as_uri()],
                check=False,
                capture_output=True,
                timeout=_LONGEST_S,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise InputError(f"--pdf: {program} failed: {type(error).__name__}; {_BY_HAND}") from None
        if not made.exists():
            raise InputError(f"--pdf: {program} made no file; {_BY_HAND}")
        shutil.copyfile(made, to)
