"""What a person owes by a day, as a list and as a calendar."""
