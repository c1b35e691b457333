"""How results are printed: tables, sentences and JSON, by noun."""
