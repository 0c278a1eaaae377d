"""Is a batch fit to publish, is every event accounted for, and who is told.

suites       what every row of every table must hold, as plain lists
user_suites  expectations of one's own, read and checked before the first batch
facts        the columns that the suites speak of (pure)
derived      how those that no table has are made, of an edit by derived_edits; columns: Arrow's as numpy's (pure)
plausible    is a text in the language that its producer says (pure)
footers      what the metadata of a Parquet file must say (pure)
sample       a few rows with another detector than the scrubber's (pure)
cells        which of a day's attributes are published: those that enough people share (pure)
leaks        personal data and secrets left in a text: a second opinion (pure)
numbers      where digits stand as those of cards and social security numbers do, over a whole column (pure)
gate         batch -> Verdict, by Great Expectations
data_docs    what the gates found as Data Docs, by Great Expectations' renderers
books        what the tables hold of every raw partition, as arrays of offsets (pure)
ledger       books -> Balance: every raw offset has exactly one fate (pure)
measures     what is measured over time: points of series, by the hour (pure)
statistics   is this count, share or distribution what it used to be (pure)
policy       rules and thresholds of the checks over time (pure)
monitors     what has changed over time and is worth telling: points -> breaches (pure)
hours        points laid out by the hour (pure)
seasons      what is usual at this weekday and hour (pure)
volumes      too many rows, too few, none (pure)
shares       another share, mix or rate than before (pure)
levels       lag that grows, dead letters near the end of retention (pure)
trials       what a monitor asks, many questions at once (pure)
breach       one thing that is not as it was; which of them tell the same (pure)
history      points as rows of their table and back; what of them is held in memory (pure)
points       rows of a table into points; by_tool: sums of each tool and of all (pure)
references   whether what a row was made from is there (pure)
languages    what language a text looks like (pure)
reject_rate  are too many events being rejected (pure)
alert        what someone is told; the Channel protocol
kinds        every kind of alert: kind says what one is, kinds_of_sinks, kinds_of_looks and kinds_of_processes list them
             (pure)
alerts       the Alerter: outside of the commit path, in threads of its own
alerting     the life of an alert: states, groups, silences, what is owed, in one file for all processes
channels     log, Kafka topic, webhook, mail, PagerDuty, Alertmanager
cohorts      nothing is counted per person, or about fewer people than k (pure)
report       plain text tables of the above (pure)
"""
