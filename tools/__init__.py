"""What builds and checks the book. Not part of the installed package."""
