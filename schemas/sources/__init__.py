"""One file per foreign format, each pure.

reading       what every reader gives back: events, faults, what was skipped by rule, drift
whose         the person of an event, where format and caller may both say
drift         counts and unknown names per source, version and day, for the topic redline.sources
claude_code   Claude Code's transcripts: what a session's files say
regions       where a proposed region is in a later text of its file
claude_code_hooks  what Claude Code tells its hooks
cloudevents   CloudEvents 1.0 in both Kafka bindings: what every producer may send
continue_dev  Continue's development data: files and HTTP destination
continue_events  what each event of it becomes
continue_prompts  conversations as it writes them into a string
continue_format  its events: fields, and which of them are code
slack         a Slack export: who answered whom
confluent     values framed for a schema registry: JSON Schema, Avro
mbox          a mail of an mbox file
revisions     a directory of document revisions
tabby         Tabby's event log and its clients' events
fields        a foreign JSON object while it is read
loose_json    JSON that a producer put into a string
scene         what the events of one unit of input share, and their ids
otlp          OpenTelemetry's logs and spans: whole export requests, to the reader of whoever wrote each record
otlp_proto    they in protobuf
traces        traces in files: what Langfuse exports, requests over several lines, attributes alone
trace_calls   which call a tool's span answers, where its exporter does not say
otlp_json     they in JSON
otlp_records  what both give, and how much of it is taken
claude_code_otel  Claude Code's telemetry events
claude_code_otel_format  their names
copilot       VS Code Copilot Chat's events
genai         the GenAI semantic conventions: calls to models and tools
genai_unit    one record of them: whose, when, in which session
genai_format  their names
genai_messages  their messages
provider_shapes  what providers' own requests and answers hold, as such messages
"""
