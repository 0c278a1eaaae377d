"""What a process that scrubs all day does before its first text, so that no text waits for it."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

from streams.privacy import nearby
from streams.privacy.directory.words import everyday
from streams.privacy.sieve import SHARED

if TYPE_CHECKING:
    from streams.privacy.engine import Engine

_TEXT = "Dear Ms Lindqvist, call Jane Doe at +1 212-456-7890 in Paris, France, or mail jane@corp-zeta.com. Thanks, Ana"
_SELDOM = 50_000


def warm(engine: Engine) -> None:
    """Load and compile what is otherwise loaded at the first text that needs it, and look at everyday words once.

    What is loaded by then is kept for good, so the garbage collector is told to leave it alone: a look at all of
    Presidio and spaCy takes longer than a text does.
    """
    SHARED.live("")
    nearby.SIEVE.live("")
    words = sorted(everyday())
    for at in range(0, len(words), 40):
        engine.everything([f"{_TEXT} {' '.join(words[at : at + 40])}\n{' '.join(words[at : at + 40]).title()}"])
    engine.forget()
    gc.collect()
    gc.freeze()
    gc.set_threshold(_SELDOM, 20, 20)
