"""Carrying decisions out: managers, interfaces, reconciliation and the venues."""
