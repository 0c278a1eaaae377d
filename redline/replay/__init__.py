"""Dead letters sent again from the raw topic, after what was wrong has been mended.

run      which can be sent, and sending them: a dry run unless told otherwise
find     dead letters of `rejects`, by partition
originals  their raw records, read again
copies   what is sent, and finding it again after a kill
journal  which were sent already
"""
