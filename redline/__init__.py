"""The application: commands, settings, processes. Knows every room; no room knows it.

cli, commands    the `redline` command: a few lines for each; what it does is in the file named like it
sections         the sections of the settings: frozen typed objects, each a section; kafka_section: the broker's
settings         redline.toml, then REDLINE_*, then flags: one frozen typed object
run, drain       the main job, and waiting until everything emitted is in a table
demo             the main job over a generated company
up               the long-running form
fleet            which processes there are on one machine, and how each is started
worker, sink     one process each: compositions of the stages, and of loop, gates and alerts
sink_watchdog    ends a sink that has work and does none of it
capture          on a developer's machine: what tools do not report, into a spool and on
client           for tools written in Python: suggest, decide, edit
gateway          events by HTTP
registry         a schema registry: schemas by id, and ours for producers
sources          what readers of foreign formats saw: to the topic, from it, and an eye on it
ingest           files that tools leave on a disk: transcripts, development data, event logs
emit             lines of files, or records of a generator, to Kafka until all are confirmed
consent          what people have said, on the consent topic; consent_words: new and earlier words put together;
                 consent_file: lists of people
weaker           settings that weaken a promise: refused until accepted by name
audit            who ran what, when: the audit table of a data folder
status, check    how far everything is; the tables on disk against their suites
overview         how far everything is, as values; watch: the live view, drawn by screen, with rates from counters
fated            what the rejects of events say that lose their row by a decision
quarantine       rows that failed their gate: looked at, released, discarded
replay           dead letters sent again from the raw topic
doctor           what is missing, and the command that fixes it, of finding, broker_findings and security_findings;
                 probe: brokers' clocks
rotation         a password or certificate that is replaced while a process runs
certificates     until when they hold, those of files and of brokers; expiry: who is told before one ends
export           datasets for training, in the formats of trainers
erasure          a person's rows out of every table, exports included
retain, clock    rows that are older than their table keeps them; whether the clock that says so can be right
rebuild/         a table from `interactions` by the same logic; with scan, buckets and open_keys, in bounded memory
report           one page of plots; ledger_note: the ledger's last answer, for pages
serve            report, Data Docs, status and metrics for a browser on this machine
rejects          how many events were rejected, and why
catalogue        what there is to read, and what each column means
compact          many small files of a partition become few large ones
verdict_log      what gates said, batch by batch
sql, summary     questions to the published tables; what a run did, read back from them
scrub_command    lines in, scrubbed lines out
scrub_eval       recall, precision and F1 on texts with known spans
directory_command  a list of people compiled for the scrubbers
quality          what happens over time: measured, kept, and watched by monitors
disclose         days that are over are decided, and no longer withheld
published        what keys and decisions make of published rows
ledger_reader    tables, state and offsets in, a balance out
partition_reader a partition to its end, without a group
state_reader     what stages still hold, from their changelogs
backup           a data folder copied, checked, put back
state            the state of stages: shown, rebuilt, reset
lag              how far each stage and table is
meter            what a process counts: its file in state/metrics, its port for Prometheus
health           whether a process must be started anew, and whether it may be given work
faults           what is said of an unexpected error: type and place
samples          a look at new files: their metadata, and a few rows with Presidio as it comes
gates            the gates of a data folder: our suites and those of its owner
alerting         from what a process notices to people; alert_desk: what people say to alerts
keys             the keys of a data folder, for whoever needs one
key_ring         their file, their other sources, rotation, destruction
acls             who may do what at the broker, by role; acls_broker: given, and asked for
cluster, admin   the broker a command uses; topics and offsets; topic_settings: how topics are made;
                 topic_look: how those that are there differ
broker           the embedded Kafka; kraft: its configuration; jars: its jars, pinned
tend             what somebody has to do over a data folder while others work
supervisor       keeps processes running; processes: children that never outlive their parent; guardian: how;
                 crash_loop: what ends again and again is told of
lock             one Redline per data folder; private_file: a file replaced in one step; crash_hook: for crash tests
company          a made-up company at work, for the demo and for tests, of company_people, company_interactions,
                 company_stories, company_texts, company_words and company_faults
simulate         a made-up company of any size over the real wire, with its curves, bursts and faults
plan             what such a company needs, from what was measured
"""
