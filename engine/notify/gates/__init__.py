"""The questions that close a whole run to all actions, one a file; `engine.notify.pipeline` has their order."""
