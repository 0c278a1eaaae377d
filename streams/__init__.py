"""What happens to an event.

Pure: state, event, time in; state, rows out.

scrub           one event without personal data
texts           the texts in an event's data, and the data around scrubbed ones
marks           names found in one event of an interaction, for the others
surrogates      what stands in place of a finding
identity        keyed hashes in place of ids and people
arrival         when a raw record came first, if it was sent again
epochs          which key an event is scrubbed under
consent         may this event be read
owners          whose an event is, as far as the stages behind the scrubber may know
withdrawals     what is open and no longer covered by consent
join            suggestion, decision and edits to a pair
session         when a session closes, and what belongs to it
trajectory      its rows; steps: what each event says and to what it belongs; parts: where a long one is cut
revisions       a person's own edit of a document, as a row
days            what is counted a day at a time
threads         who answers whom in a thread's day, without content
collaboration   the facts of a unit's day to counts that say nothing of anybody
similarity      how much of a suggestion was kept
words           a text as words, and lines or sentences
alignment       which words of one text stand in another, in order
identifiers     the names in a piece of code
edit_metrics    what a person did to a suggestion, in numbers
licences        which kind of licence a repository is under
keyed           the shape that join and session share
watermark       event time of a partition
timers          when each open key is due
offsets         which offset may be committed

Shells:

explode_stage   batches of OpenTelemetry to events
scrub_stage     decode, consent, scrub: raw events to scrubbed ones, or rejects
dedupe_stage    the first of each (source, id) wins, for ever
keyed_stage     join and session over a table; time by tick records
state_format    which format a partition's state has; another one is refused
outputs         rows as records, for all stages
agents          Faust agents, each a shell of a stage
runtime         Faust made safe
pulse           what a worker's event loop tells other threads of itself (pure)
consumer        Faust's consumer with our bookkeeping of offsets, and whole polls
intake          records on their way from the consumer to one stage
restore         a partition's state out of its changelog
commit          outputs, changelog and state of one batch
lease           how long a worker may believe that its partitions are its own (pure)
sockets         connections that end when nobody answers, with the bytes they still hold
state           a stage's state: outputs, changelog, RocksDB, in this order
connection      how a client reaches the broker and proves who it is; credentials: for Faust; tokens: of OAUTHBEARER
delivery        outputs that are confirmed before their inputs are acknowledged
consent_reader  the consent topic, before the first event and live after
privacy         finding personal data: the only imports of Presidio and spaCy
"""
