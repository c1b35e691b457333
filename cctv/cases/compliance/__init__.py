"""Compliance records of the controller: breaches, processors, grants, declarations and workstation checks.

Each change and its audit entry share a transaction.  Free text of a case (what happened, what was done, why) is kept in
the audit log, where `forget_texts_about` removes it.
"""
