"""What a host's packet filter does with sets of packets.

``iptables`` and ``nftables`` bring rules into one form (``rules``); ``walk`` sends sets of packets (``packets``)
through them and knows three answers: for sure, surely not, and not to be told. Source: iptables(8),
iptables-extensions(8), nft(8), net/ipv4/netfilter/ip_tables.c and net/netfilter/nf_nat_core.c of Linux.
"""
