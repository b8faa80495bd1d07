"""Search on a cluster of Elasticsearch 8, 9 or OpenSearch 2, 3.

`search.ClusterSearch` is the port, `settings.ClusterSettings` what it is made from. Nothing is imported here: the
client library takes half a second to load, and settings are read by commands that never search.
"""
