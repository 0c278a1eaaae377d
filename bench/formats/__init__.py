"""How well the written formats are found: phones, cards, mails, IBANs, IP addresses, US social security numbers.

texts      seeded texts with spans, from templates and Faker, in two halves that share no template and no locale
measure    `python -m bench.formats.measure`: recall and precision per type on either half, false alarms per MB of code
"""
