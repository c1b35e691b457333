"""Letters of cases: their facts, their files and what sending them changes."""
