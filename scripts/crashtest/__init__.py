"""Crashes on purpose: records the durable operations of a scenario, and derives what a power cut may leave of them.

`journal` is the model of the disk, `recorder` fills it, `states` derives the crash states, `scenarios` are the acts,
`truth` says what must be true afterwards, `kills` does without a model: two processes that are really killed.
"""
