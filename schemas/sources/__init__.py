"""One file per foreign format, each pure.

cloudevents   CloudEvents 1.0 in both Kafka bindings: what every producer may send
"""
