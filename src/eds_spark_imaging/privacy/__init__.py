"""From nominative tables to those of a project: keys, pseudonyms, dates, rare values, and what is left of the risk."""
