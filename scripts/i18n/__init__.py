"""The words of the command line in other languages: what there is to say, and whether each catalog says it."""
