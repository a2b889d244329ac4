"""Pods that are made, or labelled, by what is no workload of the input."""

from __future__ import annotations

from netlint.cluster import Cluster
from netlint.objects.core import Service

POD_MAKING_KINDS = frozenset(
    [
        "Alertmanager",
        "Application",
        "ApplicationSet",
        "Cassandra",
        "CassandraDatacenter",
        "ClickHouseInstallation",
        "CloneSet",
        "Cluster",
        "CrdbCluster",
        "Elasticsearch",
        "EtcdCluster",
        "Fleet",
        "FlinkDeployment",
        "GameServer",
        "Grafana",
        "HelmChart",
        "HelmRelease",
        "InferenceService",
        "Istio",
        "IstioOperator",
        "Jaeger",
        "Kafka",
        "KafkaBridge",
        "KafkaConnect",
        "KafkaNodePool",
        "Keycloak",
        "Kibana",
        "LeaderWorkerSet",
        "Logstash",
        "MongoDB",
        "MongoDBCommunity",
        "MySQLCluster",
        "NatsCluster",
        "OpenTelemetryCollector",
        "PerconaServerMongoDB",
        "PerconaXtraDBCluster",
        "Pooler",
        "PostgresCluster",
        "Postgresql",
        "Prometheus",
        "PrometheusAgent",
        "RabbitmqCluster",
        "RayCluster",
        "RedisCluster",
        "RedisFailover",
        "Rollout",
        "ScyllaCluster",
        "SparkApplication",
        "Tenant",
        "ThanosRuler",
        "TidbCluster",
        "VMAgent",
        "VMAlert",
        "VMAlertmanager",
        "VMCluster",
        "VMSingle",
        "Vault",
        "VirtualMachine",
        "VirtualMachineInstance",
        "VirtualMachineInstanceReplicaSet",
        "ZookeeperCluster",
        "postgresql",
    ]
)
"""Kinds of custom resources from which operators make pods; what labels these have, only the operators know."""
SYSTEM = "kube-system"
ROLES = frozenset({"follower", "leader", "master", "primary", "replica", "secondary", "slave", "standby"})
"""What Patroni, Redis Sentinel and others write into a label of pods that run."""


def why_pods_may_exist(cluster: Cluster, service: Service) -> str:
    """Why pods may be selected although no template is, where pods are not known; empty for no reason."""
    if cluster.view.is_complete("Pod", service.namespace):
        return ""
    maker = min(POD_MAKING_KINDS.intersection(cluster.view.snapshot.reading.other_kinds), default="")
    if maker:
        return f"its pods may be made for a {maker}, which netlint does not read"
    if service.namespace == SYSTEM:
        return f"no Pod of {SYSTEM} is known, where the control plane and its add-ons run"
    return _role_labels(cluster, service)


def _role_labels(cluster: Cluster, service: Service) -> str:
    selector = service.spec.selector or {}
    lasting = {key: value for key, value in selector.items() if value not in ROLES}
    if len(lasting) == len(selector) or not lasting or not cluster.view.templates.having(service.namespace, lasting):
        return ""
    roles = ", ".join(f"{key}={selector[key]}" for key in selector if key not in lasting)
    return f"pods may get the label {roles} while they run"
