"""Pure calculators: every formula, as functions of arrays, without I/O, clock or state."""
