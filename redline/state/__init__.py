"""What workers know between two events, on its changelogs: looked at, made anew, or forgotten with all that follows.

show     the format and size of each stage's state
rebuild  state made anew: from `interactions`, and from what Kafka still holds of the stages' topics
reset    everything behind the raw topic made empty, so that it is all made again
idle     nobody may be at work; offsets of the workers' group
"""
