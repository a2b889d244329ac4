"""Reading files: texts are cut into windows, whose items are decoded in several processes."""
