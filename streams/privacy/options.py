"""What a scrubbing process is told: plain data that goes over the pipe to a child of the pool."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from streams.epochs import KeyRing
    from streams.surrogates import Style

DIRECTORY = "people.directory"  # the compiled directory's name in the state folder


@dataclass(frozen=True, slots=True)
class Options:
    """How to look for personal data, and what to put in its place.

    Attributes:
        threshold: score from 0 to 1 below which a finding does not count.
        stock: Presidio's own default registry, without what Redline adds or leaves out.
        directory: the compiled directory of people; it may not be there yet. Empty: none is used.
        models: models of the user's choice, each `spacy:`, `transformers:` or `gliner:` and a folder.
        style: natural surrogates, or typed placeholders for everything.
    """

    threshold: float = 0.5
    stock: bool = False
    directory: str = field(default="", repr=False)
    models: tuple[str, ...] = ()
    style: Style = "natural"


@dataclass(frozen=True, slots=True)
class Start:
    """The first frame to a child: what it needs to scrub, and whom it must not outlive. Other rings may follow."""

    ring: KeyRing
    options: Options
    parent: int
