"""What is around a job: its context, its status while it runs, and the record that it leaves."""
