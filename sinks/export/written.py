"""Which ranges of a final text a person wrote, or chose by cutting what stood there. Pure.

Ranges are of code points, half open, ascending, disjoint.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

Range = tuple[int, int]


def written(kept: Sequence[Range], edited: Sequence[Range], offered: int, size: int) -> tuple[list[Range], bool]:
    """(ranges of final that are the person's, whether they cut its end).

    Args:
        kept: ranges of the suggestion that stand in final.
        edited: ranges of final that do not come from the suggestion.
        offered: length of the suggestion.
        size: length of final.

    Where the person cut something and wrote nothing instead, what follows the cut is theirs: its first code point. A
    trainer that masks by tokens takes the whole token.
    """
    if sum(end - start for start, end in (*kept, *edited)) != size:
        return list(edited), False  # other units than these texts: nothing is known of cuts
    after = {end for _, end in edited}  # there the person went on writing, which says it already
    follows = [(at, at + 1) for at in _cuts(kept, edited) if at < size and at not in after]
    last = kept[-1][1] if kept else 0
    return _merged(sorted([*edited, *follows])), last < offered and size not in after


def _cuts(kept: Sequence[Range], edited: Sequence[Range]) -> list[int]:
    """Places in final before which a part of the suggestion is gone, its end excepted."""
    cuts: list[int] = []
    place = previous = number = 0
    for start, end in kept:
        while number < len(edited) and edited[number][0] <= place:
            place = edited[number][1]
            number += 1
        if start > previous:
            cuts.append(place)
        # The kept range lies in final in one piece, but for what was put between.
        left = end - start
        while number < len(edited) and edited[number][0] < place + left:
            left -= edited[number][0] - place
            place = edited[number][1]
            number += 1
        place += left
        previous = end
    return cuts


def _merged(ranges: list[Range]) -> list[Range]:
    merged: list[Range] = []
    for start, end in ranges:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
