"""The only reader and writer of our Delta tables."""
