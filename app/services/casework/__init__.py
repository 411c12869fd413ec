"""Cases and their reference photos."""
