"""How a batch becomes durable exactly once.

batch       which records, of which offsets, and when they are due (pure)
dedupe      which rows are new, which replace a row, which are replays (pure)
payloads    row payloads into Arrow, each by its table's schema
arrow       the same by way of dicts, with errors that say what was wrong; rows into their partitions
loop        the process: Kafka records into batches, batches into commits
desk        one table's work in one sink: what it collects, why it may stand still
counted     what a sink tells the meter
source      Kafka as the loop sees it (the only Kafka consumer)
committer   the commit protocol, as numbered steps
gating      what a gate makes of a batch: rows to publish, rows for quarantine, or a halt
shelf       one table with its files and its index, as one sink sees it
delta       one table's Delta log, and commits to it
delta_table  a Delta table made, given columns, looked at (with delta the only imports of deltalake)
log         a Delta log as plain files: transactions, changes, torn entries
parquet     data files: staged, forced to the disk, moved, checked, rewritten
index       which rows a table holds, by record id
release     what of a row is published, and when
decisions   what was decided of the cells of a day
seal        raw coordinates in published tables (the only import of ciphers)
quarantine  the table of rows that failed the gate
requeue     rows of quarantine, back into the table or away for good
tombstones  record ids that were erased and never come back
destroyed   raw coordinates of rows that lost their ids with their epoch's key
halts       halted tables, and their release
rewrite     live files written anew while sinks go on
offering    their rows offered to a change, and what is answered written as new files
pinned      a table copied as of one version while sinks go on
orphans     files that a crash left
locks       which sinks are alive
audit_chain  entries of the audit table, each with the hash of the one before (pure)
audit_table  the audit table: one entry, one commit
audit_check  whether it is as it was written
purpose     what a table is for, and refusal of anything else
arrivals    which files brought new rows since a version of a table
history     the table of what is measured over time: parts appended, read as sums, compacted
layout      where everything lies below the data folder
places      a path on this machine, or an object of an S3-compatible store
store       what is done with a table's files, wherever they lie
bucket      objects of an S3-compatible store (the only import of obstore)
location    whether a data folder's tables are in such a store, and whose they are
reader      rows, files and offsets, for the other rooms
"""
