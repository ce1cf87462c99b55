"""Who may do what: roles, invitations, limits, and a record of what was done."""
