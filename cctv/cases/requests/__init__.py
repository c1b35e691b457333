"""A data subject's request, from receipt to anonymisation."""
