"""What is held, what it is worth, how risky it is, and what it earned."""
