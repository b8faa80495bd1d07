"""Reading documents from files: one format a module, each a generator of documents and problems."""
