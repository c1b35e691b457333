"""The recorder on trial: simulated cameras, `cctv record` on them, and other recorders of the same cameras beside it.

Owns what `scripts/bench recorder` and `scripts/soak` share.  Judges the product from outside: by its command line, its
files, its processes and the marks of the frames (docs/simulator.md).
"""
