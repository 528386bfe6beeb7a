"""A first scenario from a few answers, for people who have not read what a scenario may say."""
