"""Fixtures of every test: one real broker for the whole session, and names that no other test uses."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from hypothesis import settings

from redline.broker import EmbeddedBroker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


# A job that a shell put in the background inherits "ignore SIGINT", and so would every process that a test interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)
# How long an example takes says nothing on a machine that does other things as well.
settings.register_profile("untimed", settings(), deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def bootstrap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an embedded broker that all tests of this session share."""
    with EmbeddedBroker(tmp_path_factory.mktemp("broker")) as broker:
        yield broker.bootstrap


@pytest.fixture
def unique() -> Callable[[str], str]:
    """`unique("events")` is `events-` and eight hex digits: a name for a topic, a group or an id prefix."""
    return lambda prefix: f"{prefix}-{uuid4().hex[:8]}"
