"""Where the numbers come from: cards of the public sources, and their fetching."""
