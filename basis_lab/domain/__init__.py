"""What the words mean: frozen values and enums, without I/O or behaviour of components."""
