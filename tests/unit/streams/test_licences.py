from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.tables import LICENCES
from streams.licences import kind


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("MIT", "permissive"),
        ("mit-0", "permissive"),
        ("Apache-2.0", "permissive"),
        ("BSD-3-Clause-Clear", "permissive"),
        ("BSL-1.0", "permissive"),
        ("BUSL-1.1", "proprietary"),
        ("GPL-2.0+", "copyleft"),
        ("GPL-2.0-only WITH Classpath-exception-2.0", "copyleft"),
        ("LGPL-3.0-or-later", "copyleft"),
        ("CC-BY-4.0", "permissive"),
        ("CC-BY-SA-4.0", "copyleft"),
        ("CC-BY-NC-SA-4.0", "proprietary"),
        ("GPL-3.0-only OR MIT", "permissive"),
        ("GPL-3.0-only AND MIT", "copyleft"),
        ("(MIT OR GPL-3.0-only) AND MPL-2.0", "copyleft"),
        ("MIT OR GPL-3.0-only AND Proprietary", "permissive"),  # AND binds tighter
        ("MIT AND LicenseRef-Acme", "unknown"),
        ("MIT OR LicenseRef-Acme", "permissive"),
        ("UNLICENSED", "proprietary"),
        ("NONE", "proprietary"),
        ("NOASSERTION", "unknown"),
        ("", "unknown"),
        ("mitten", "unknown"),
        ("MIT GPL-3.0", "unknown"),
        ("(MIT", "unknown"),
        ("MIT)", "unknown"),
        ("MIT OR", "permissive"),  # what is cut off is unknown, and one may choose
        ("AND MIT", "unknown"),
        ("MIT AND", "unknown"),
        ("(" * 5_000 + "MIT", "unknown"),
        ("MIT AND " * 5_000 + "MIT", "unknown"),
    ],
)
def test_a_licence_is_told_by_its_kind(expression: str, wanted: str) -> None:
    assert kind(expression) == wanted


@given(st.lists(st.sampled_from(["MIT", "GPL-3.0", "(", ")", "AND", "OR", "WITH", "é", "x"])).map(" ".join))
def test_whatever_comes_is_one_of_the_kinds(expression: str) -> None:
    assert kind(expression) in LICENCES
