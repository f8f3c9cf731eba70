"""One module for each job: read, transform, write. `run_all` is all of them in order."""
