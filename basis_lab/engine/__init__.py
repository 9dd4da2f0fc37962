"""The engine: composition, the clock, the full loop, health."""
