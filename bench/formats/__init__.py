"""How well the written formats are found: phones, cards, mails, IBANs, IP addresses, US social security numbers.

texts      seeded texts with spans, from templates and Faker, in parts that share no template (one country: the US)
measure    `python -m bench.formats.measure`: recall and precision per type on each part, false alarms per MB of code
"""
