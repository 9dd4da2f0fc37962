"""Simulated venues: honest counterparties that can refuse."""
