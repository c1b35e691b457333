"""Letters of a request: what they say, whether they were sent."""
