"""Ways through the cluster: what leads to which Service, and what answers there."""
