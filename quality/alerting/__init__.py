"""The life of an alert between who raises it and who is told.

life    what happens to one alert: fires, gets worse, is acknowledged, ends (pure)
groups  alerts into notices: grouped, limited, by what a channel wants (pure)
store   the SQLite file, and memory while the disk refuses
entries what fires, as it is stored; a look at it that writes nothing
book    what all processes of a data folder know: states, silences, groups that wait
owed    the book's notices that channels are owed
silence of what nothing is told for a time (pure)
owner   which process delivers what
delivery  from the book to channels and mirrors, each in a thread of its own, and again where it failed
"""
