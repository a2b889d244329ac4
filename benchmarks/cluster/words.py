"""The vocabulary of namespaces, apps, images and settings."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


DOMAINS = _words("""
    accounts ads analytics auth billing booking cart catalog chat checkout claims compliance consent
    content coupons credit crm delivery devices documents events experiments exports feeds fleet forms
    fraud geo growth identity images imports inventory invoices ledger loyalty mail maps media metering
    ml notifications offers onboarding orders partners payments payouts pricing profiles promotions
    ratings recommendations refunds reports reviews risk routing search sessions shipping signup
    streaming subscriptions support surveys tax telemetry tickets tracking translations video vouchers
    warehouse webhooks wishlist
""")
STAGES = _words("""
    prod staging canary eu us batch internal qa
""")
ROLES = _words("""
    api web worker gateway backend frontend indexer scheduler consumer producer sync proxy renderer
    engine store cache router ingest export admin bff graphql resolver aggregator matcher planner
    notifier auditor archiver crawler
""")
STATEFUL_ROLES = _words("""
    postgres redis kafka zookeeper mongodb elasticsearch rabbitmq cassandra etcd
""")
JOB_ROLES = _words("""
    backup cleanup report reindex rollup export-nightly vacuum reconcile digest-mail
""")
QUALIFIERS = _words("""
    core v2 public private fast bulk legacy edge live async
""")
REGISTRIES = _words("""
    registry.example.com ghcr.io/example quay.io/example docker.io/example
""")
LANGUAGES = _words("""
    jvm go node python dotnet rust
""")
IMAGES = _words("""
    cart-api search-web pause kube-proxy flannel node-exporter fluent-bit ebs-csi envoy postgres redis
    kafka payments-api orders-worker media-renderer pricing-engine geo-router otel-collector
    oauth2-proxy nginx mail-notifier billing-export fraud-matcher maps-store chat-gateway reviews-bff
    ledger-api tax-worker risk-engine video-renderer
""")
ENVIRONMENT = (
    ("LOG_LEVEL", "info"),
    ("LOG_FORMAT", "json"),
    ("TZ", "UTC"),
    ("HTTP_PORT", "8080"),
    ("GRPC_PORT", "9090"),
    ("METRICS_ENABLED", "true"),
    ("FEATURE_FLAGS", "new-checkout,fast-search"),
    ("DB_POOL_SIZE", "20"),
    ("DB_HOST", "primary.postgres.example.com"),
    ("CACHE_TTL_SECONDS", "300"),
    ("SAMPLE_RATE", "0.01"),
    (
        "JAVA_TOOL_OPTIONS",
        "-XX:MaxRAMPercentage=75 -XX:+UseG1GC -XX:+ExitOnOutOfMemoryError -Dfile.encoding=UTF-8",
    ),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector.example.com:4317"),
    ("OTEL_SERVICE_NAME", "app"),
    ("KAFKA_BROKERS", "kafka-0.example.com:9092,kafka-1.example.com:9092,kafka-2.example.com:9092"),
    ("MAX_RETRIES", "5"),
    ("REQUEST_TIMEOUT", "2500ms"),
    ("SHUTDOWN_GRACE", "15s"),
    ("NODE_OPTIONS", "--max-old-space-size=1536"),
    ("ALLOWED_ORIGINS", "https://www.example.com https://m.example.com"),
    ("STRICT_MODE", "on"),
    ("REGION", "eu-1"),
    ("GOMAXPROCS", "2"),
    ("GOMEMLIMIT", "900MiB"),
    ("PAGE_SIZE", "100"),
    ("SENTRY_SAMPLE", "1e-3"),
    ("DEBUG", "no"),
)
