"""The producer where no broker is: an end, and no wait without one."""

from __future__ import annotations

import asyncio

import pytest

from redline.gateway.delivery import KafkaDelivery, NotConfirmedError
from schemas.records import Outgoing


def test_where_nobody_answers_nothing_is_confirmed() -> None:
    delivery = KafkaDelivery("127.0.0.1:1", {}, topic="t", wait_s=0.5, queue_bytes=1 << 20)

    async def scene() -> None:
        await delivery.send("t", [])
        assert not await delivery.ready()
        with pytest.raises(NotConfirmedError, match=r"MSG_TIMED_OUT|no answer"):
            await delivery.send("t", [Outgoing(b"k", b"v"), Outgoing(None, b"v", (("h", b"x"),))])

    asyncio.run(scene())
    delivery.close()
