"""`redline export`: rows of a published table as a dataset that trainers read, counted, and in an erasure's reach.

run        the steps, from the tables to a folder that may be handed on
plan       what is asked for, and what it is made from
where      filters as one expression over a table's own columns
fetch      tables in an object store, copied
scan       the first look: which rows pass the filters
rows       those rows as arrays; together: what of them belongs together, and so in one split
groups     sessions, documents and people of rows, as numbers
units      the rendering in pieces; render: one piece; runs: its examples, sorted, on their way
compared   what duplicates and benchmarks are found by
select     which examples are written
shards     which of them go into which file; write: one file
publish    finished files are moved, registered and described
manifest   what an export says of itself; card: in words, as Hugging Face reads it
verify     whether it is still so
work       where an export that is not finished keeps what it has done
listing    what was exported, and what can be
pool       many pieces at once; progress: how far it is; files: pages that are there whole or not at all
"""
