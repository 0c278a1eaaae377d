"""The commands of `redline`: a few lines each; what a command does lives in the file of `redline` named like it.

root     the group, shared options, how an error is told
jobs     run, demo, up
simulate a made-up company of any size at work; plan: what it needs
parts    broker, topics, worker, sink, disclose, emit
look     status, ledger, check, release, rebuild, rejects, sql, doctor, settings
tables   what there is to read: tables, describe, head; compact
report   a page to look at; serve: pages in a browser on this machine
alerts   list, ack, resolve, silence, silences, unsilence, test
audit    who ran what: list, verify
quality  run, show
quarantine  rows that failed their gate: list, show, release, discard
replay   dead letters sent again
keys     list, rotate, destroy
people   scrub
consent  what people have said: grant, withdraw, import, show, repair
erase    erase, retain
export   datasets for training: FORMAT, list, formats, verify
gateway  the gateway and its tokens
ingest   files that tools leave on a disk
tend     what somebody has to do over a data folder while others work
sources  what readers of foreign formats saw
backup   backup, restore
state    what workers know between two events: show, rebuild, reset
capture  on a developer's machine: hooks, spool, commits
acls     who may do what at the broker: list, apply
schema   the contract with producers: export, asyncapi
directory  the list of people one knows: import, check, show
"""
