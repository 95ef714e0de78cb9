"""What the desk knows: articles and known errors, and the search over them."""
