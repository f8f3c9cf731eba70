"""Sessions of Spark, their settings and JARs, Hadoop's file systems."""
