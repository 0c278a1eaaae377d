"""The ways of reading that docs/reading.md shows, run over real tables where their package is installed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from support import rows as make
from support.folder import publish

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "reading.md").read_text("utf-8"), re.DOTALL)


def _needs(block: str) -> list[str]:
    return re.findall(r"^(?:from|import) (\w+)", block, re.MULTILINE)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: "-".join(_needs(block)))
def test_a_way_of_reading(tmp_path: Path, block: str) -> None:
    missing = [name for name in _needs(block) if find_spec(name) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} is not installed")
    publish(tmp_path, "pairs", [make.pair(n) for n in range(8)])
    done = subprocess.run(
        [sys.executable, "-c", f"data = {str(tmp_path)!r}\n{block}"],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "edited" in done.stdout or "num_rows: 8" in done.stdout
