"""What a run leaves behind: tables, summary, charts, the run folder."""
