"""Outputs on a broker that librdkafka plays: what `send` says of their places."""

import asyncio

import pytest

from schemas.errors import DeliveryError
from streams.delivery import Delivery, Out


def test_the_last_offset_of_each_partition_is_told() -> None:
    delivery = Delivery("127.0.0.1:9", {"test.mock.num.brokers": "1"})
    here = [Out("state", b"k%d" % number, b"v", partition=number % 2) for number in range(7)]
    free = [Out("outputs", b"k%d" % number, None, (("h", b"x"),)) for number in range(50)]
    try:
        first, again, both = (asyncio.run(delivery.send(outs)) for outs in (here, here[:3], [*free, *here]))
        assert asyncio.run(delivery.send([])) == {}
    finally:
        delivery.close()
    assert first == {("state", 0): 3, ("state", 1): 2}
    assert again == {("state", 0): 5, ("state", 1): 3}
    assert (both["state", 0], both["state", 1]) == (9, 6)


def test_an_output_that_no_broker_takes_is_an_error() -> None:
    delivery = Delivery("127.0.0.1:9", {"test.mock.num.brokers": "1", "message.max.bytes": "2000"})
    try:
        with pytest.raises(DeliveryError, match="could not queue"):
            asyncio.run(delivery.send([Out("outputs", None, b"v"), Out("outputs", None, b"v" * 4_000)]))
    finally:
        delivery.close()


def test_nothing_of_an_output_but_its_place_is_shown() -> None:
    assert repr(Out("outputs", b"key", b"value", (("h", b"x"),), 3)) == "Out('outputs', partition=3)"
