"""Do the checks over time fire when they should, and are they quiet when they should be?

company  the work of a company by the hour: weekdays, time zones, noise, growth; and what can go wrong with it
weeks    thousands of weeks of it through the monitors: false alarms of clean weeks, delays of planted faults
faults   the generated company through the real pipeline, each fault planted in it by itself, of streams;
         told: what people are sent of it; fault_table: as docs/monitoring.md has it

`python -m bench.quality.weeks` writes results/quality-weeks.json, `python -m bench.quality.faults` quality-faults.json.
"""
