"""What is printed or handed over: briefs, posters, evidence bundles."""
