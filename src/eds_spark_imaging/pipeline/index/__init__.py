"""The job `index` and what it is made of."""
