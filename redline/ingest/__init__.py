"""`redline ingest`: files that tools leave on a disk, to events on Kafka, without loss and without doubles.

run        the passes over the files: read, send, remember; once or for as long as files grow
source     what a source of files is to the passes, and a batch of it
sessions   Claude Code's transcripts: all files of a session together
lines      sources whose lines stand for themselves: Continue, Tabby
exports    files that are read whole: traces, Slack exports, mbox files, directories of revisions
find       which files there are
tail       the lines of a file behind the last one that was read
memory     what is remembered between runs: positions, and what was sent
report     what was read, counted
"""
