"""From the value field of an element to a typed value."""
