"""Where alerts go. `send` returns only once the other side has the notice; no error of theirs holds an address.

log           one line for each notice
topic         the Kafka topic `redline.alerts`
webhook       Slack, and what reads its body
mail          SMTP
pagerduty     Events API v2
alertmanager  API v2: is shown again and again what fires
post          HTTP, for the last four
wording       a notice in words (pure)
"""

from quality.channels.alertmanager import AlertmanagerMirror
from quality.channels.log import LogChannel
from quality.channels.mail import MailChannel, Server
from quality.channels.pagerduty import PagerDutyChannel
from quality.channels.topic import KafkaChannel
from quality.channels.webhook import WebhookChannel

__all__ = [
    "AlertmanagerMirror",
    "KafkaChannel",
    "LogChannel",
    "MailChannel",
    "PagerDutyChannel",
    "Server",
    "WebhookChannel",
]
