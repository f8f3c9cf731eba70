"""Pure transforms: DataFrame in, DataFrame out. They take no session and read or write nothing."""
