"""What people are sent of breaches: through the real book, look by look, as one webhook would get it."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quality.alert import Event, Wants
from quality.alerting.book import Book, Saying
from quality.alerting.life import Policy
from redline.quality.told import of_breach

if TYPE_CHECKING:
    from quality.breach import Breach

_CHANNEL = "webhook"
_US = 1_000_000


def notices(looks: list[tuple[int, list[Breach]]]) -> dict[str, Any]:
    """Of looks taken one after the other: how many notices there were, by what they tell, and of how many alerts."""
    policy = Policy()
    sent: Counter[str] = Counter()
    fired: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="redline-told-") as folder:
        book = Book(Path(folder, "book.sqlite"), {_CHANNEL: Wants()}, owner="bench", policy=policy)
        before: dict[tuple[str, str, str], Breach] = {}
        for now_us, found in looks:
            now_s = now_us / _US
            here = {one.key: one for one in found}
            said = [Saying(of_breach(one)) for one in here.values()]
            said += [Saying(of_breach(one), over=True) for key, one in before.items() if key not in here]
            book.take(said, now_s)
            book.tend(now_s + policy.group_s)
            while (pending := book.due(_CHANNEL, now_s + policy.group_s)) is not None:
                notice = pending.notice
                sent[notice.event.value] += 1
                if notice.event is Event.FIRED:
                    fired.append({"kind": notice.alerts[0].kind, "alerts": len(notice.alerts) + notice.more})
                book.delivered(pending)
            before = here
        book.close()
    return {"notices": dict(sent), "fired": fired}
