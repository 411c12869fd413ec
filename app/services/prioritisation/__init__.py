"""Which camera next: ranking by distance and time, planning by probability."""
