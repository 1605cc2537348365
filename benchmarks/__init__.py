"""Our code beside the libraries that a reader would use instead: `make bench`."""
