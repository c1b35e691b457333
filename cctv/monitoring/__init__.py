"""Monitoring: whether recording and deletion keep their promises now, and alarms when they do not."""
