"""Values that are made when first asked for and kept. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Key = TypeVar("Key")
Value = TypeVar("Value")


class Kept(dict[Key, Value]):
    """What `make` gives for a key, by `[key]` only. All of it is forgotten when there are more than `most`.

    A look costs half of what `functools.lru_cache` takes, which also remembers when each was used.
    """

    def __init__(self, make: Callable[[Key], Value], most: int) -> None:
        """`make` must give the same for the same key."""
        super().__init__()
        self._make = make
        self._most = most

    def __missing__(self, key: Key) -> Value:
        """Make the value, and keep it."""
        if len(self) >= self._most:
            self.clear()
        value = self[key] = self._make(key)
        return value
