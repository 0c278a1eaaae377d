"""Card numbers of all networks and lengths, and numbers that only look like cards."""

from __future__ import annotations

import pytest
from faker import Faker
from hypothesis import given
from hypothesis import strategies as st

from streams.privacy import cards

TYPES = ("maestro", "mastercard", "visa16", "visa13", "visa19", "amex", "discover", "diners", "jcb15", "jcb16")


def made(kind: str, seed: int) -> str:
    fake = Faker()
    fake.seed_instance(seed)
    return str(fake.credit_card_number(kind))


def values(text: str) -> list[str]:
    return [text[one.start : one.end] for one in cards.find(text) if one.score >= 0.5]


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("gap", ["", " ", "-"])
def test_every_network_is_found_in_fours_and_without_gaps(kind: str, gap: str) -> None:
    for seed in range(20):
        number = made(kind, seed)
        written = gap.join(number[at : at + 4] for at in range(0, len(number), 4))
        assert written in values(f"please charge my card {written} now")


@pytest.mark.parametrize("kind", ["amex", "diners"])
def test_the_networks_own_groups_are_found(kind: str) -> None:
    number = made(kind, 5)
    written = f"{number[:4]} {number[4:10]} {number[10:]}"
    assert values(f"x = '{written}'") == [written]


def test_a_card_after_an_id_is_found() -> None:
    assert "4242 4242 4242 4242" in values("174000 4242 4242 4242 4242")


@given(st.sampled_from(TYPES), st.integers(0, 500), st.integers(0, 11), st.integers(1, 9))
def test_a_wrong_digit_is_no_card(kind: str, seed: int, place: int, more: int) -> None:
    number = made(kind, seed)
    wrong = f"{number[:place]}{(int(number[place]) + more) % 10}{number[place + 1 :]}"
    assert values(f"my card {wrong} is") == []


@pytest.mark.parametrize(
    "text",
    [
        "ts=1699999999999",
        "order id 4222222222222",
        "0x4242424242424242",
        "4242424242424242abc",
        "a4242424242424242",
        "0.4242424242424242",
        "barcode says 4222222222222",
        "0000000000000000",
        "request 4776163635766884 failed",
    ],
)
def test_other_numbers_are_none(text: str) -> None:
    assert values(text) == []
