"""Cases that come with lists, cases that leave as files, and cases that are there twice."""
