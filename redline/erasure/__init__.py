"""`redline erase`: a person's rows out of every table, exports included, provably and for ever.

run       the whole of it, as numbered steps that can be killed anywhere
people    a person's keys and pseudonyms
journal   what one erasure has found and done so far
find      the rows of a person, in every table
in_flight what Kafka still carries towards the tables, and what it keeps
tables    rejects, tombstones and the rewriting of tables
exports   files that were made from tables: their registry, and dropping rows from them
verify    is nothing left?
receipt   a signed statement of what was done, without personal data
"""
