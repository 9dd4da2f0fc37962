"""What the engine costs, measured and held against two accountings written by hand."""
