"""Spark job: the same as `eds-imaging pseudonymise`, for spark-submit."""

import sys

from eds_spark_imaging.cli.app import main

if __name__ == "__main__":
    sys.argv[:1] = ["eds-imaging", "pseudonymise"]
    main()
