"""A synthetic repository of manifests, as people write them."""
