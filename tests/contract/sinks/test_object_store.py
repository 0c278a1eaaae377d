"""The commit protocol and rewriting over an object store: what holds on a disk holds there, and its own failures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from contract.sinks.test_committer import (  # noqa: F401 - the same tests, over another place
    test_a_batch_and_its_offsets_are_visible_together,
    test_a_death_after_any_step_loses_and_doubles_nothing,
    test_a_higher_revision_replaces_the_row_in_the_same_commit,
    test_a_zombie_with_the_same_start_is_fenced_and_leaves_no_file,
    test_another_sinks_commit_between_any_two_steps_is_harmless,
    test_bad_rows_go_to_quarantine_with_the_reason,
    test_every_row_reads_back_as_it_was_written,
)
from support.objects import Objects, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def objects() -> Iterator[Objects]:
    with serving() as found:
        yield found


@pytest.fixture
def tmp_path(tmp_path: Path, objects: Objects) -> Path:
    """A data folder whose tables are in the store."""
    return objects.folder(tmp_path)
