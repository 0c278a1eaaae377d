"""One file per foreign format, each pure.

reading       what every reader gives back: events, faults, what was skipped by rule, drift
cloudevents   CloudEvents 1.0 in both Kafka bindings: what every producer may send
"""
