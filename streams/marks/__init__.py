"""A name found in one event of an interaction, found in all of them: marks (docs/adr/0013-marks.md). Pure.

The scrubber sees one event at a time. For each name that it finds it leaves marks in the row: keyed hashes of the
name's words, and the surrogates used for them. Who joins the events puts the marks together and replaces, in texts that
are scrubbed already, what only another event gave away. A mark is of one interaction, or of one session for events
that belong to none: marks of two of them cannot be compared.

words       how texts are cut into words, and the keyed hashes of these
forms       from the names of one event to its marks
first_look  if a text can name anybody at all
repair      from marks to the places they name, and what stands there afterwards
union       the marks of several events
epoch       several events under the key of one epoch
"""

from streams.marks.epoch import in_one_epoch
from streams.marks.forms import marks_of
from streams.marks.repair import Repair
from streams.marks.union import Union
from streams.marks.words import Hashes, scope_of

__all__ = ["Hashes", "Repair", "Union", "in_one_epoch", "marks_of", "scope_of"]
