"""Settings of connectors as Kibana's files have them: ``actions`` or ``xpack.actions`` in tocsin.yml."""
