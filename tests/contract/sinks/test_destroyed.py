"""Places of rows that lost their ids: what was added is there, nothing else is, whatever a kill cut short."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from sinks.destroyed import CHUNK, DestroyedRows
from sinks.layout import Layout

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

_PLACES = st.sets(
    st.tuples(
        st.sampled_from(["redline.events", "otlp_logs"]),
        st.integers(0, 2),
        st.one_of(st.integers(0, 40), st.integers(CHUNK - 20, CHUNK + 20), st.integers(0, 2**48)),
    ),
    max_size=30,
)


def sources(*places: tuple[str, int, int]) -> list[dict[str, Any]]:
    return [{"topic": topic, "partition": partition, "offset": offset} for topic, partition, offset in places]


def row(name: str, *places: tuple[str, int, int]) -> dict[str, Any]:
    return {"record_id": name, "sources": sources(*places)}


@given(st.lists(_PLACES, max_size=4), _PLACES, st.integers(0, 30))
def test_a_row_is_known_if_all_of_its_places_are(
    tmp_path_factory: pytest.TempPathFactory,
    added: list[set[tuple[str, int, int]]],
    others: set[tuple[str, int, int]],
    cut: int,
) -> None:
    layout = Layout(tmp_path_factory.mktemp("places"))
    reader = DestroyedRows(layout, "pairs")
    for places in added:
        DestroyedRows(layout, "pairs").add(sources(*places))
        reader.refresh()
    there = set().union(*added)
    rows = [row(repr(place), place) for place in there | others]
    assert reader.of(rows) == {repr(place) for place in there}
    assert reader.of([row("all", *there), row("none")]) == ({"all"} if there else set())
    for stranger in others - there:
        assert not reader.of([row("some", *there, stranger)])

    path = layout.destroyed("pairs")
    if there and cut:
        content = path.read_bytes()
        path.write_bytes(content[:-cut] + bytes(cut // 2))  # a kill, or a power cut
        DestroyedRows(layout, "pairs").add(sources(*there))
        fresh = DestroyedRows(layout, "pairs")
        fresh.refresh()
        assert fresh.of(rows) == {repr(place) for place in there}


def test_rows_of_other_tables_are_not_known(tmp_path: Path) -> None:
    place = ("redline.events", 0, 7)
    DestroyedRows(Layout(tmp_path), "pairs").add(sources(place))
    other = DestroyedRows(Layout(tmp_path), "interactions")
    other.refresh()
    assert not other.of([row("a", place)])
