"""Casework: incidents, requests and disclosures, their holds, their deadlines, and what exists of their footage.

Others use `disclosures` by its module, for what concerns those alone.
"""
