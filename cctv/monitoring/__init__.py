"""Health: whether recording and deletion keep their promises at this moment, and telling somebody when they do not."""
