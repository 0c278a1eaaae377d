"""What a monitor asks, many questions at once: is this improbable, and is it large enough to matter? Pure.

Arrays have one row for each track, and one column for each hour or each look. A look is a moment within an hour.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from quality.hours import WEEK

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from quality.statistics import Floats, Truths

    Places = npt.NDArray[np.int64]

DAY = 24
_LEAST_DAYS = 7
SPANS = (1, 6, 24)  # hours: a large fault is found in the shortest, a small one, or one of few rows, in the longest
BESIDE = (-1, 0, 1)  # hours by which days may have begun earlier or later in the weeks before: clocks change
KEEP = 0.6  # what fires goes on until the effect is that part of what made it fire


class Counted(NamedTuple):
    """Numbers by the hour, and what each look sees of the hour that is not over."""

    hours: Floats
    current: Floats

    def window(self, ends: Places, span: int) -> Floats:
        """Sums of the `span` complete hours before each end."""
        sums = running(self.hours)
        return sums[:, np.maximum(ends, 0)] - sums[:, np.maximum(ends - span, 0)]

    def until(self, looks: Looks, span: int) -> Floats:
        """Sums of the `span` complete hours before each look, and of what it sees of the current one."""
        return self.window(looks.places, span) + self.current

    def days(self, looks: Looks, weeks: int) -> Floats:
        """The reference: whole days (24 hours each) that end a day before the first look, from the first row on.

        None where they are less than a week: its days differ.
        """
        rows = self.hours.shape[0]
        end = max(int(looks.places.min()) - DAY, 0)
        begun = np.flatnonzero(self.hours[:, :end].any(axis=0))
        count = min(weeks * 7, (end - int(begun[0])) // DAY) if begun.size else 0
        count = count if count >= _LEAST_DAYS else 0
        return self.hours[:, end - count * DAY : end].reshape(rows, count, DAY)

    @property
    def first(self) -> Places:
        """Of each row the place of the first hour that has something; behind the last one if none has."""
        some = self.hours > 0
        return np.asarray(np.where(some.any(axis=1), some.argmax(axis=1), self.hours.shape[1]), np.int64)

    def weekday(self, looks: Looks, span: int, weeks: int, first: Places) -> list[Floats]:
        """The other references: the same hours of the same weekday in the weeks before, and those an hour off.

        Of each row only weeks that lie wholly after `first`: half of a day is not what such a day is made of.
        """
        sums = running(self.hours)
        found = []
        for beside in BESIDE:
            known = np.zeros((self.hours.shape[0], looks.places.size))
            for week in range(1, weeks + 1):
                end = looks.places - week * WEEK + beside + 1  # with the hour of the look
                low, high = np.maximum(end - span - 1, 0), np.clip(end, 0, self.hours.shape[1])
                known += np.where(end - span - 1 >= first[:, None], sums[:, high] - sums[:, low], 0.0)
            found.append(known)
        return found


@dataclass(frozen=True, slots=True)
class Looks:
    """Moments: the hour that is not over, the fraction of it that is, and how long rows may take (in hours).

    `replay`: the hours are known whole, as when a week is simulated; each look sees its fraction of its own.
    """

    places: Places
    fraction: Floats
    settle: float
    replay: bool = False

    def counted(self, rows: Sequence[Floats]) -> Counted:
        """Tracks by the hour, and what each look sees of its own hour."""
        hours = np.stack(rows)
        current = hours[:, self.places]
        return Counted(hours, np.floor(current * self.fraction) if self.replay else current)

    @property
    def settled(self) -> Places:
        """The end of the last hour all of whose rows should be there."""
        return self.places - (self.fraction < self.settle)


@dataclass(slots=True)
class Trials:
    """Questions of one sort: rows are tracks, columns looks.

    `way`: rise, fall or empty. `span`: hours of the window. `large`: the effect matters; `lasting`: it is not over.
    `since`: how many hours before the look's hour it began. `got`: numbers to tell.
    """

    way: str
    span: int
    p: Floats
    large: Truths
    lasting: Truths
    since: Floats
    got: dict[str, Floats] = field(default_factory=dict)


def running(hours: Floats) -> Floats:
    """Running sums with a 0 in front."""
    return np.concatenate([np.zeros((hours.shape[0], 1)), np.cumsum(hours, axis=1)], axis=1)
