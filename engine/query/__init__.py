"""Query languages of rules: KQL, Lucene and Kibana's filters become Elasticsearch's query DSL (kql.md)."""
