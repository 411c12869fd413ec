"""Keeping the installation running: health, disks, what the scheduler does again and again."""
