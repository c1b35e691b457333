"""Setting a box up: what is asked, which disk, the text of cameras.toml, and the steps that make it all."""
