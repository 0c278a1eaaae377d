"""Finding personal data, off the event loop. Presidio and spaCy are imported in `engine`, `presidio` and `models` only.

engine     Presidio, faster and with more to look for: `Engine.analyze(texts, subject)`
presidio/  Presidio's analyzer, faster, with the findings of Presidio's own
phones     phone numbers on sight: shapes that need no context word
secrets/   table of secrets: tokens, private keys, connection strings, assignments
addresses  mail addresses and URLs, whole, under any top-level domain
cards      card numbers, wherever they begin
nearby     words around a number that say what it is
numbers    IBANs and US social security numbers, by their check digits and words
cues       places where a text says that a person follows
directory/ the company's people, from a compiled file: `Directory.find(text)`
street     street addresses, in the forms of ten countries
language   which language a text is in
names/     people and places in running text: a small model of our own, and where text is prose
stock      Presidio as it comes, for second opinions
models     recognisers for models of the user's choice: spaCy, transformers, GLiNER
people     the event's subject and the names found, in all their spellings
sieve      which of our own expressions can match a text, from one scan: Hyperscan, if it is there
superset   an expression of `re` as Hyperscan can look for it
listed     lists of words
versions   numbers of four parts that are versions and not addresses
views      what a text reads as once its encodings are undone, and the way back
encodings  escapes, quoted-printable and base64: where they stand and what they hold
lookalikes characters that read as others
options    what a scrubbing process is told
limits     how much text an event may hold to be scrubbed
pool       child processes, closed to failures: `ScrubPool`
lanes      which child is next
worker     the child
warm       what it loads and looks at before its first text
frames     what goes over the pipe between the two
"""
