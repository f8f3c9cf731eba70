"""The job `parse` and what it is made of."""
