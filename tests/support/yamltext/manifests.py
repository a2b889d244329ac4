"""Hand-written documents in the shape of real ones: what people write, and what kubectl prints."""

DEPLOYMENT = """\
# The web shop.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: shop   # stays
  namespace: "prod"
  labels: &labels
    app: shop
    tier: 'front end'
spec:
  replicas: 3
  selector:
    matchLabels: {app: shop}
  template:
    metadata:
      labels:
        <<: *labels
        version: v1
    spec:
      containers:
        - name: web
          image: registry.example.com:5000/shop/web:1.4
          args: ["--port=8080", '--flag', plain]
          command:
          - sh
          - -c
          - |
            set -e
            exec web: "$@"   # not a comment

          ports:
            - containerPort: 8080
              name: http
            - {containerPort: 9090, name: metrics}
          env:
            - name: EMPTY
              value: ""
            - name: YES
              value: yes
          resources: {}
      terminationGracePeriodSeconds: 0x1E
"""

SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: shop
  annotations:
    note: this text is folded by kubectl because it is longer than eighty columns and
      goes on here
    quoted: 'it''s longer than eighty columns too: and has a colon, which is why it
      is quoted'
    escaped: "tab\\there and more text until the line is longer than eighty columns in
      all"
spec:
  clusterIP: 10.96.0.10
  clusterIPs:
  - 10.96.0.10
  - fd00:10:96::a
  ports:
  - name: dns
    port: 53
    protocol: UDP
    targetPort: 53
  - name: web
    port: 80
    targetPort: http
  selector:
    app: shop
  sessionAffinity: None
  type: ClusterIP
status:
  loadBalancer: {}
"""

POD = """\
apiVersion: v1
kind: Pod
metadata:
  creationTimestamp: "2026-03-01T10:00:00Z"
  generateName: shop-5d8f7c9b4-
  labels:
    app: shop
    pod-template-hash: 5d8f7c9b4
  name: shop-5d8f7c9b4-x2x4z
  namespace: prod
  ownerReferences:
  - apiVersion: apps/v1
    blockOwnerDeletion: true
    controller: true
    kind: ReplicaSet
    name: shop-5d8f7c9b4
    uid: 0f4b3f0e-7d0c-4b44-8f3e-5e9a6d7c1b2a
  resourceVersion: "123456"
  uid: 12345678-1234-1234-1234-1234567890e5
spec:
  containers:
  - args:
    - --port=8080
    - -v=2
    image: registry.example.com/shop/web:1.4
    name: web
    ports:
    - containerPort: 8080
      name: http
      protocol: TCP
    resources: {}
    securityContext:
      capabilities:
        drop:
        - ALL
  nodeName: node-1
  priority: 0
  tolerations:
  - effect: NoExecute
    key: node.kubernetes.io/not-ready
    operator: Exists
    tolerationSeconds: 300
status:
  conditions:
  - lastProbeTime: null
    lastTransitionTime: "2026-03-01T10:00:03Z"
    message: 'containers with unready status: [web]'
    status: "False"
    type: Ready
  hostIP: 192.168.0.11
  phase: Running
  podIP: 10.244.1.17
  podIPs:
  - ip: 10.244.1.17
  - ip: fd00:10:244:1::11
  qosClass: BestEffort
"""

CONFIGMAP = """\
apiVersion: v1
data:
  Corefile: |
    .:53 {
        errors
        health {
           lameduck 5s
        }

        kubernetes cluster.local in-addr.arpa ip6.arpa
    }
  empty: ""
  keep: |+
    a: b

  strip: |-
    # no comment
    - x
  folded: >-
    one
    two
  script.sh: |
      #!/bin/sh
      echo "hi"
        more
  blank: |

    after a blank line
binaryData:
  logo.png: iVBORw0KGgo=
immutable: false
kind: ConfigMap
metadata:
  name: coredns
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: |
      {"apiVersion":"v1","kind":"ConfigMap"}
"""

NETWORK_POLICY = """\
---
# default deny
kind: NetworkPolicy
apiVersion: networking.k8s.io/v1
metadata:
    name: deny
spec:
    podSelector: {}
    policyTypes: [Ingress, Egress]
    ingress:
    -   from:
        -   ipBlock:
                cidr: 10.0.0.0/8
                except: ["10.1.0.0/16"]
        -   namespaceSelector:
                matchExpressions:
                - {key: team, operator: In, values: [a, b]}
        ports:
        -   port: 443
    egress: []
"""

CRD = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: foos.example.com
spec:
  names: {kind: Foo, plural: foos}
  versions:
  - name: v1
    schema:
      openAPIV3Schema:
        description: Foo is a thing. It has a very long description that kubectl wraps at
          eighty columns, and then wraps again because the text goes on and on for
          three lines
        properties:
          spec:
            properties:
              "y":
                type: boolean
              ratio:
                default: 1.50
                pattern: ^[a-z]+$
                type: number
            required:
            - ratio
            x-kubernetes-validations:
            - message: 'must be: positive'
              rule: self.ratio > 0.0 && self.ratio < 1e3
    served: true
    storage: yes
"""

MANAGED = """\
metadata:
  managedFields:
  - apiVersion: v1
    fieldsType: FieldsV1
    fieldsV1:
      f:metadata:
        f:labels:
          .: {}
          f:app: {}
      f:status:
        f:conditions:
          k:{"type":"Ready"}:
            .: {}
            f:status: {}
        f:podIPs:
          ? k:{"ip":"10.244.1.17"}
          : .: {}
            f:ip: {}
    manager: kubelet
"""

LIST = """\
apiVersion: v1
items:
- apiVersion: v1
  kind: Service
  metadata:
    name: a
  spec:
    ports:
    - port: 80
- apiVersion: v1
  kind: Endpoints
  metadata:
    name: a
  subsets:
  - addresses:
    - ip: 10.0.0.1
    notReadyAddresses: null
kind: List
metadata:
  resourceVersion: ""
"""

JSON = """\
{
  "apiVersion": "v1", "kind": "Service",
  "metadata": {"name": "a", "labels": {}},
  "spec": {"ports": [{"port": 80, "targetPort": "http"}], "weight": 1.0e2}
}
"""

ODDITIES = """\
- - a
  - b: 1
    c:
    - d
-   - x
    -
- {a: 1, b: [2, 3], ? c : d}
- "multi
  line"
- 'single

  blank'
- plain
  text
- ? complex
  : value
- !!str 12
- !local {a: b}
- &anchor [1]
- *anchor
- ~
- é: ü 😀
"""

EXTREMES = """\
a:
b: 2
c:

  # comment

  d: e
"f g": 'h'
'i': "j \\u00e9 \\" k"
l.m/n: -o
1: one
1.5: float
on: switch
p: :q
r: s:t
u: v#w
x: -1
z: {}
aa: []
bb: [a, 'b', "c"]
cc: [1, 2.50, true, ~]
dd: 2026-03-01
ee: 12:30:45
ff: 1_000
gg: 010
hh: .5
"""

ALL = (
    DEPLOYMENT,
    SERVICE,
    POD,
    CONFIGMAP,
    NETWORK_POLICY,
    CRD,
    MANAGED,
    LIST,
    JSON,
    ODDITIES,
    EXTREMES,
)
