"""Who may do what: roles, the site's adopted policy, the second factor."""
