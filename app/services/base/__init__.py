"""What the other groups of services rest on: who acts, who may see, what is recorded and told."""
