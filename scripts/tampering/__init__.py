"""Changes by hand to a generated storage, and whether the product finds them."""
