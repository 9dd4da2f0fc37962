"""Venues: the counterparties that keep books of their own."""
