"""What happens over time: new rows are measured, the measures kept, and monitors asked whether that is as usual.

run      the process: looks, again and again
read     new rows of the tables into points, each exactly once
levels   how far everything is behind, from the broker and the history
letters  dead letters that still wait: not sent again
lineage  whether the events that rows refer to are there
told     what the monitors say, as alerts; metered: what the meter is told
show     recent points for people
"""
