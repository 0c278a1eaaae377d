"""`redline report`: the page in a file, on paper if asked for."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from redline import private_file
from redline.report import pdf, read
from redline.report.page import html

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from redline.report.frame import Link
    from redline.settings import Settings

FILE = "report.html"
DAYS = 28
_EVERYONE = 0o644  # nothing in it is about few people


def rendered(settings: Settings, days: int = DAYS, links: Sequence[Link] = ()) -> str:
    """The page, as the tables are now.

    Raises:
        SettingsError: the keys are gone by which people are counted.
        SinkError: a table cannot be read.
    """
    return html(read.figures(settings, days, time.time_ns() // 1000), links)


def report(
    settings: Settings, *, to: Path | None = None, days: int = DAYS, paper: Path | None = None, docs: bool = False
) -> list[Path]:
    """Write the page, by default beside the dataset; print it into `paper` if that is given; returns the files.

    `docs`: write the Data Docs too. Of these only the index is returned.

    Raises:
        InputError: it cannot be printed.
        SettingsError: the keys are gone by which people are counted.
        SinkError: a table cannot be read.
        OSError: a file cannot be written.
    """
    page = to or settings.data_dir / FILE
    private_file.write(page, rendered(settings, days).encode(), mode=_EVERYONE)
    made = [page]
    if paper is not None:
        pdf.printed(page, paper)
        made.append(paper)
    if docs:
        from redline.report import docs as data_docs  # noqa: PLC0415 - Great Expectations takes seconds to load

        made.append(data_docs.write(settings)[0])
    return made
