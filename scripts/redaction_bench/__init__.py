"""The redaction engine judged from outside: by the video and the mask that it writes, beside an annotated clip.

`truth` reads who is where, `studio` redacts and counts, `rows` are the figures on people, `pixels` looks at the output
without believing the mask, `speed` and `rival` time it against plain transcoding and another program, `looks` tries to
tell hidden people apart, `figures` says how a goal is met.  Knows nothing of how the engine decides.
"""
