"""What stands in the text in place of a finding. Pure: no clock, no I/O, no Presidio.

A surrogate is HMAC-SHA256(key, epoch, scope, entity, normalised value), rendered. Natural ones keep the shape of what
they stand for, are of a range that is reserved, and can be told from real values without the key: who looks for
personal data leaves them alone, so that scrubbing scrubbed text changes nothing. What has no such range, and secrets
always, is a typed placeholder: `<PERSON_3f9a>`.

findings  what a finder gives, and how overlapping findings become one
scope     `Surrogates`: those of one scope under one epoch's key
people    names, word by word
names     invented words in eight scripts
lines     telephone numbers that ring nowhere
values    mail, addresses, cards, accounts and other values of a fixed shape
forms     how all of them look, so that they are known again
"""

from streams.surrogates.findings import SECRET, Found, merge
from streams.surrogates.forms import PLACEHOLDER, reserved, unreserved
from streams.surrogates.scope import Style, Surrogates, normalise

__all__ = ["PLACEHOLDER", "SECRET", "Found", "Style", "Surrogates", "merge", "normalise", "reserved", "unreserved"]
