"""The job `pseudonymise`: the tables of a project, in a lake of their own."""
