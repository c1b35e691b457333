"""The board: everything that a person owes by a day, the first due first, each with the line to type.

Owns what stands on it (pure: `items`) and the calendar that is made of it.  Names no requester: a calendar lies on
telephones.
"""
