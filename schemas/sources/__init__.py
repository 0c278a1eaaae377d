"""One file per foreign format, each pure.

reading       what every reader gives back: events, faults, what was skipped by rule, drift
drift         counts and unknown names per source, version and day, for the topic redline.sources
claude_code_hooks  what Claude Code tells its hooks
cloudevents   CloudEvents 1.0 in both Kafka bindings: what every producer may send
"""
