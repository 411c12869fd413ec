"""Alerts, and messages on their way out: mail, push services, webhooks."""
