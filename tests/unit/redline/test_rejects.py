from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from support import rows as make
from support.folder import publish

from redline.cli import main
from redline.rejects import BY, rejects
from redline.settings import Settings
from schemas.errors import InputError, PurposeError
from schemas.rows import Reject, Source
from schemas.tables import TABLES

if TYPE_CHECKING:
    from pathlib import Path


def reject(number: int, reason: str) -> Reject:
    return Reject(
        record_id=f"{number:032x}",
        scrub_version="1",
        sources=[Source(topic=make.TOPIC, partition=0, offset=number)],
        event_date="2026-01-05",
        stage="scrub",
        fate="dropped",
        reason=reason,
    )


def test_rejects_are_counted_by_what_was_wrong(tmp_path: Path) -> None:
    settings = Settings(data=str(tmp_path))
    assert rejects(settings) == "nothing was rejected"
    publish(tmp_path, "rejects", [reject(n, "late" if n < 2 else "missing_field") for n in range(5)])
    assert [line.split() for line in rejects(settings, ["reason"]).splitlines()[2:]] == [
        ["missing_field", "3"],
        ["late", "2"],
    ]
    assert rejects(settings).splitlines()[0].split() == ["reason", "path", "expected", "events"]
    assert rejects(settings, BY).splitlines()[0].split() == [*BY, "events"]
    done = CliRunner().invoke(main, ["rejects", "--data", str(tmp_path), "--by", "stage, reason"])
    assert (done.exit_code, done.output.split()[:3]) == (0, ["stage", "reason", "events"])


@pytest.mark.parametrize("column", ["record_id", "sources", "pseudonym", "subject"])
def test_nobody_is_counted(tmp_path: Path, column: str) -> None:
    with pytest.raises(PurposeError, match="never to judge a person"):
        rejects(Settings(data=str(tmp_path)), ["reason", column])


def test_other_columns_are_refused_and_not_repeated(tmp_path: Path) -> None:
    for by in (["schema_version"], ["XYZZY"], []):
        with pytest.raises(InputError) as caught:
            rejects(Settings(data=str(tmp_path)), by)
        assert "XYZZY" not in str(caught.value)
    assert set(BY) < set(TABLES["rejects"].schema.names)
