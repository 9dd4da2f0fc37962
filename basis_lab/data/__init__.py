"""Market data: directories, their import, and the frames that runs are made of."""
