"""The gates of a data folder: our suites, the expectations of its owner, and identities that were planted.

Whoever lets rows into a table asks these and no others: sinks, `redline check`, the release of quarantined rows.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from quality import user_suites
from quality.gate import Gate
from schemas.errors import SettingsError
from schemas.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from redline.settings import Settings

# A shorter one stands in texts that have nothing to do with it.
_SHORTEST = 6
_MOST = 10_000


def gates_of(settings: Settings, names: Iterable[str] = TABLES) -> dict[str, Gate]:
    """A gate for each of these tables.

    Raises:
        SettingsError: an expectation of `quality.expectations` or a canary is none, with the file and the place.
    """
    own = user_suites.load(settings.quality.files)
    canaries = canaries_of(settings)
    return {name: Gate(TABLES[name], canaries=canaries, own=own.get(name, ())) for name in names}


def canaries_of(settings: Settings) -> tuple[str, ...]:
    """The planted identities, one a line of the file that `quality.canaries` names; lines with `#` first are none.

    Raises:
        SettingsError: the file cannot be read, or a line is too short to stand for anybody.
    """
    if not settings.quality.canaries:
        return ()
    path, came = Path(settings.quality.canaries), ""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        came, lines = type(error).__name__, []
    if came:
        raise SettingsError(f"{path}: needed a readable file of canaries, one a line, came {came}")
    found = {text: number for number, line in enumerate(lines, 1) if (text := line.strip()) and text[0] != "#"}
    short = [number for text, number in found.items() if len(text) < _SHORTEST]
    if short:
        raise SettingsError(f"{path}, line {short[0]}: needed a canary of at least {_SHORTEST} characters")
    if len(found) > _MOST:
        raise SettingsError(f"{path}: needed at most {_MOST:,} canaries, came {len(found):,}")
    return tuple(found)
