"""Code that runs inside mapInArrow: listing, parsing, packing."""
