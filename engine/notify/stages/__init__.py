"""The questions asked of each (action, alert), one a file; `engine.notify.pipeline` has their order."""
