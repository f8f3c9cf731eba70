"""What people type and see: one module a command. ``--help`` loads no Spark."""
