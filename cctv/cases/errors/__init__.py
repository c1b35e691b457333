"""Errors of the cases, in the words that a person reads. None names a requester."""
