"""Looking at footage on the box, under an open case only.

docs/policies/001.txt: "alleen ... indien er een incident is vastgelegd".

Owns who may look at what, the contact sheet and the extract.  Both lie in `derived/` of their case and go with it:
people are seen in them as they are, so neither ever leaves.  What a camera's masks cover is black here too.
"""
