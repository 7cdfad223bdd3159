"""The workspace: what a team decided and knows, kept in one file."""
