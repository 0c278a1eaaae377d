"""`redline gateway`: events by HTTP, for producers that cannot speak Kafka. 2xx only after Kafka has acknowledged.

exchange   what comes in and what goes out, as values: Request, Answer, Refused, Parcel, Intake
bodies     content types, and gzip with an end (pure)
binding    CloudEvents 1.0 over HTTP: binary, structured, batch (pure)
readers    one function per kind of body: a request in, an intake out
otlp       answers as OTLP/HTTP wants them (pure)
routes     the table of routes, from which the service and the OpenAPI document are made
openapi    the document
tokens     who may send: the token file
admission  how much at once, and how fast (pure)
delivery   the producer: records in, confirmed or not
service    one request from first byte to answer; no import of aiohttp
run        composition: settings in, a running gateway; counts for `redline sources` on their way
server     the only import of aiohttp: sockets, signals, the end
"""
