"""The service that opens the storage for people: `cctv serve`, and the client that hands a command to it."""
