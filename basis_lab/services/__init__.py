"""What users ask for: a backtest, a sweep, a live session, composed and run."""
