"""A hospital group of other habits than those of the package's generator, to measure the patient link on."""
