"""Tasks of the book's own: a bicycle race, a sparse lake, users with their carts."""
