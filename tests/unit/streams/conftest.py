"""One engine for all tests of scrubbing: it takes seconds to load."""

from __future__ import annotations

import pytest

from streams.epochs import Keys
from streams.privacy.engine import Engine


@pytest.fixture(scope="session")
def engine() -> Engine:
    return Engine()


@pytest.fixture(scope="session")
def keys() -> Keys:
    return Keys(identity=b"i" * 32, surrogate=b"s" * 32, epoch=3)
