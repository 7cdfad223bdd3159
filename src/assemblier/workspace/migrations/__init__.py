"""Versions of the workspace's tables, and how a workspace goes from one to the next."""
