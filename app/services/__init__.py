"""What the product does, one file per noun. Each function owns its transaction."""
