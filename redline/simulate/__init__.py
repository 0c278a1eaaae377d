"""A made-up company of any size at work over the real wire: the load of `redline simulate`. All but `run` is pure.

curve    how many events at one time: hours, time zones, weekdays, an AI week, bursts
roster   its people: names, teams, zones, what they said about consent
moulds   scenes prepared as bytes with holes
week     the events over time, in order of arrival
tally    what was sent, counted
run      at its pace to the broker; stopped and resumed
"""
