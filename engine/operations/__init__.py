"""What a user may do to stored objects: one module a resource. API, command line and library are thin faces of it."""
