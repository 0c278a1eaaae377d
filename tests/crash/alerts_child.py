"""A process that raises the same alerts at every start, to be killed. Run by test_alerts_killed.

Arguments: folder of the book, ports of webhook, pager and mail server, certificate, how many alerts; `stay` or `end`.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from quality.alert import Alert
from quality.alerting.delivery import Retry
from quality.alerting.life import Policy
from quality.alerts import Alerter
from quality.channels import MailChannel, PagerDutyChannel, Server, WebhookChannel
from schemas.verdict import Severity


def main() -> None:
    folder, hook, pager, mail, certificate, count, how = sys.argv[1:]
    alerts = Alerter(
        [
            WebhookChannel(lambda: f"http://127.0.0.1:{hook}/", timeout_s=20),
            PagerDutyChannel(f"http://127.0.0.1:{pager}/", lambda: "k" * 32, timeout_s=20),
            MailChannel(
                Server("127.0.0.1", int(mail), ca=certificate),
                sender="a@b.example",
                recipients=("c@d.example",),
                timeout_s=20,
            ),
        ],
        Path(folder),
        process="sink-1",
        policy=Policy(window_s=0, group_s=0, stale_s=0, repeat_s=0, per_hour=0),
        retry=Retry(first_s=0.05, longest_s=0.2, failing_after=1_000_000),
    )
    for number in range(int(count)):
        alerts.raise_(Alert(f"kind_{number}", "pairs", Severity.CRITICAL, "all well", "redline status", 1.0))
        time.sleep(0.005)  # so that a kill finds some raised and some not
    sys.stdout.write("raised\n")
    sys.stdout.flush()
    if how == "stay":
        time.sleep(600)
    end = time.monotonic() + 120
    while alerts.book.owed() and time.monotonic() < end:
        time.sleep(0.05)
    sys.exit(alerts.close(60))


main()
