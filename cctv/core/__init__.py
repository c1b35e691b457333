"""What every package builds on: errors, time, logs, translation, files and processes."""
