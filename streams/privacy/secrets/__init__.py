"""Secrets: tokens, private keys, passwords, connection strings. `find(text)` gives them all. Pure.

scan         one pass over a text for all rules: `find`
rules        the forms of a rule
tokens       tokens by their prefix: clouds, code hosts, registries, build
dotted       tokens by their prefix, with a dot in it or behind it; web tokens
issuers      tokens by their prefix: messaging, payment, models, observability, business
platforms    tokens by their prefix: models and their tools, data, delivery
products     tokens by their prefix: further products
keyed        values by their issuer's name and their shape
structures   shapes with a mark in them: web tokens, addresses with a password, headers, webhooks
marked       the same, of single issuers
commands     passwords by their place: commands, calls, devices, sentences
files        files where tools keep passwords; hashes of passwords
blocks       private keys over lines, Kubernetes secrets
assignments  values by the name they are given
issued       values by an issuer's or a service's name before them
services     the names of services that give out keys
layouts      values below their name, and in tags
names        what a name says of its value
values       what a value looks like: random, words, code, a stand-in
letters      how often a letter follows another in words
"""

from streams.privacy.secrets.scan import find

__all__ = ["find"]
