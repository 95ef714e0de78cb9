"""The knowledge base: articles and the search over them."""
