"""The vocabulary: values every room shares; no I/O, no clock, imports no other room.

records   Partition, Coordinate (topic, partition, offset), Record (one Kafka record as read), Outgoing (one to be sent)
events    the seven event types, version 1, as msgspec structs
contract  JSON Schema of every event, AsyncAPI of every topic, for producers
codec     Record -> Event, or a DecodeError that names the JSON path and the expected type
strict_json  JSON without what two parsers could read differently; refusals name a path, never a value
rows      the rows that travel between stages and into tables (msgpack on the wire)
metrics   every metric of every stage: kind, labels, meaning, what to do
tables    Arrow schemas, partition columns and meaning of every table
topics    every topic, its key, cleanup policy and what it carries
verdict   what a gate says of a batch
errors    one tree of errors
evolution  how a table gets columns: old rows read null there (pure)
sources   one file per foreign format
"""
