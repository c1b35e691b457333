"""The redaction engine judged from outside: by the video and the mask that it writes, beside annotated clips.

`clips` finds annotated clips, `truth` reads who is where, `engine` drives the product and alone knows its passes,
`oracle` answers for a person who knows the truth and `answers` takes the product's questions to it, `studio` redacts,
`counting` counts what shows, `ways` are the rows on people in the three ways of deciding, `pixels` looks at an output
without believing its mask, `speed`, `memory` and `rival` measure it beside plain transcoding and another program,
`looks` tries to tell hidden people apart, `figures` says how a goal is met.
"""
