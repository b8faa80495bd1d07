"""Who may do what: rights from roles, and credentials. Rights are pure; nothing here is stored."""
