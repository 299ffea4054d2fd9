# make demo: build, and run the main job between two simulated clouds
# make test: the tests that need neither root nor other services
# make help: the rest

export GOTOOLCHAIN = local
export CGO_ENABLED ?= 1
LAB     = fixtures/lab/openstack
CLOUDS  = $(CURDIR)/$(LAB)/state/clouds.yaml
LINT    = .bin/golangci-lint
LINT_V  = v2.15.0
HELM_V  = v4.3.1
KUSTOMIZE_V = v5.8.1
SERVERS_V = v1.36.3 v1.34.4
GOTEST  = go test -shuffle=on -count=1 -timeout 30m

# wechsel-cluster is a module of its own and as large as Kubernetes: a first build takes six minutes of two cores. Everything that compiles it
# does so with these flags, or all of it is compiled again; so its own tests run without the race detector, and what starts it (test-cluster) with it.
CLUSTER  = cmd/wechsel-cluster
LARGE    = cd $(CLUSTER) && CGO_ENABLED=0 GOFLAGS='-trimpath -ldflags=-s'
PROGRAM  = $(CURDIR)/bin/wechsel-cluster

.PHONY: help demo build cluster test test-cluster check fmt vet lint race tidy tools test-real proof-killed proof-kubectl proof-clients proof-servers proof-cinder proof-noise proof-large conformance conformance-real lab-up lab-down bench fuzz update clean

help:                ## this list
	@grep -hE '^[a-z-]+: .*##' Makefile | sed 's/:.*## / — /'

demo: build          ## a web shop moves from one simulated cloud to another: its servers first, then its part on Kubernetes
	./bin/wechsel run web-shop --layers openstack --from sim:alster --to sim:isar --fail-on none
	@echo; echo "Now its part on Kubernetes. The clusters are real control planes: building bin/wechsel-cluster takes some six minutes the first time."
	@$(MAKE) --no-print-directory cluster
	./bin/wechsel run web-shop --layers kubernetes --from sim:alster --to sim:isar --fail-on none

build:               ## bin/wechsel
	CGO_ENABLED=0 go build -trimpath -o bin/wechsel ./cmd/wechsel

cluster:             ## bin/wechsel-cluster, a simulated Kubernetes cluster (six minutes when built for the first time)
	$(LARGE) go build -o $(PROGRAM) .

test:                ## all tests that need no root and no other service
	$(GOTEST) ./...

test-cluster: cluster ## the tests of simulated Kubernetes clusters, and those that need one
	$(LARGE) $(GOTEST) ./...
	WECHSEL_CLUSTER=$(PROGRAM) $(GOTEST) -race -tags cluster -run 'Cluster' ./...

check: fmt vet lint race test-cluster tidy ## what has to hold before anything lands

fmt:                 ## every file is formatted
	@test -z "$$(gofmt -l cmd pkg scenarios fixtures)" || { gofmt -l cmd pkg scenarios fixtures; echo "not formatted: run gofmt -w on these"; exit 1; }

vet:                 ## go vet, also of the tests on real clouds
	go vet ./... && go vet -tags real,cluster,kubectl,clients,servers,cinder ./... && go vet -tags conformance ./pkg/sim/...
	$(LARGE) go vet ./...

lint: $(LINT)        ## golangci-lint with the layers of the house
	$(LINT) run ./...
	$(LARGE) $(CURDIR)/$(LINT) run --fast-only ./... # the others read all of Kubernetes first: 7 GB of memory

race:                ## all tests with the race detector
	$(GOTEST) -race ./...

tidy:                ## go.mod and go.sum are as go mod tidy leaves them
	go mod tidy -diff
	$(LARGE) go mod tidy -diff

tools: $(LINT)       ## what check needs

$(LINT):
	GOBIN=$(CURDIR)/.bin go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_V)

lab-up:              ## two real OpenStack clouds on loopback (root, Debian 12)
	$(LAB)/install.sh
	$(LAB)/up.sh

lab-down:            ## stops them
	$(LAB)/down.sh

test-real: lab-up    ## everything on the real clouds, which it starts if they are not up: every scenario, every way, killed at 20 points (root; two hours; SAMPLE=1: what a printed seed draws of that, 20 minutes)
	WECHSEL_ALL=$(if $(SAMPLE),,1) OS_CLIENT_CONFIG_FILE=$(CLOUDS) $(GOTEST) $(if $(SAMPLE),,-v) -tags real -run '$(if $(SAMPLE),Real,Real|Proof)' -p 1 -timeout $(if $(SAMPLE),40m,6h) ./...

proof-killed:        ## of these, drills under SIGKILL at 20 points (half an hour; WECHSEL_SEED=N for the same points again)
	WECHSEL_ALL=1 OS_CLIENT_CONFIG_FILE=$(CLOUDS) go test -v -count=1 -tags real -run TestRealKilledAndResumed -timeout 2h ./pkg/drill

proof-kubectl: cluster ## an export of a cluster is made elsewhere by kubectl, which is built for that
	$(LARGE) go build -o $(CURDIR)/bin/kubectl k8s.io/kubernetes/cmd/kubectl
	PATH=$(CURDIR)/bin:$$PATH WECHSEL_CLUSTER=$(PROGRAM) $(GOTEST) -v -tags kubectl -run TestKubectl -timeout 20m ./cmd/wechsel

proof-clients: cluster ## kubectl, helm and kustomize, which are built for that, work with a simulated cluster and with an export
	$(LARGE) go build -o $(CURDIR)/bin/kubectl k8s.io/kubernetes/cmd/kubectl
	CGO_ENABLED=0 GOBIN=$(CURDIR)/bin go install -trimpath -ldflags=-s helm.sh/helm/v4/cmd/helm@$(HELM_V)
	CGO_ENABLED=0 GOBIN=$(CURDIR)/bin go install -trimpath -ldflags=-s sigs.k8s.io/kustomize/kustomize/v5@$(KUSTOMIZE_V)
	PATH=$(CURDIR)/bin:$$PATH WECHSEL_CLUSTER=$(PROGRAM) $(GOTEST) -v -tags clients -run TestClients -timeout 20m ./cmd/wechsel

proof-servers: cluster ## the driver's suite on control planes of two releases, which are built for that (a quarter of an hour the first time)
	for v in $(SERVERS_V); do fixtures/lab/kubernetes/build.sh $$v bin/kubernetes-$$v && \
		WECHSEL_SERVERS=$(CURDIR)/bin/kubernetes-$$v WECHSEL_CLUSTER=$(PROGRAM) $(GOTEST) -v -tags servers -run TestServers -timeout 20m ./pkg/cloud/kubernetes || exit 1; done

proof-cinder: cluster lab-up ## claims move between clusters through the lab's Cinders, by Cinder's own storage driver, which is built for that (root; ten minutes)
	fixtures/lab/kubernetes/cinder.sh bin
	PATH=$(CURDIR)/bin:$$PATH WECHSEL_LAB=$(CLOUDS) WECHSEL_CLUSTER=$(PROGRAM) $(GOTEST) -v -tags cinder -run TestCinder -timeout 20m ./cmd/wechsel

proof-noise:         ## from each simulated cloud to another project of it there is no gap, over 20 seeds for each scenario (ten minutes)
	WECHSEL_ALL=1 go test -v -count=1 -run TestNoNoise -timeout 1h ./pkg/drill

proof-large:         ## a volume with 4 GiB of bytes moves in less than 200 MiB of memory (30 GiB of disk)
	WECHSEL_ALL=1 go test -v -count=1 -run TestALargeVolumeInLittleMemory -timeout 1h ./pkg/drill

conformance:         ## gophercloud's acceptance tests on the simulator, compared with the record of a real cloud
	go test -v -tags conformance -run TestConformanceOfSimulator -timeout 30m ./pkg/sim/openstack

conformance-real:    ## records anew what they say on the lab's cloud A, which has to be up (20 minutes)
	go test -v -tags conformance -run TestConformanceOfRealCloud -timeout 90m ./pkg/sim/openstack

bench: cluster       ## benchmarks, in Go's benchmark format
	WECHSEL_CLUSTER=$(PROGRAM) go test -tags cluster -run '^$$' -bench . -benchmem ./...
	$(LARGE) go test -run '^$$' -bench . -benchmem ./...

fuzz:                ## every fuzz test for ten seconds
	@for p in $$(go list ./...); do for f in $$(go test -list '^Fuzz' $$p | grep ^Fuzz); do go test -run '^$$' -fuzz "^$$f$$" -fuzztime 10s $$p || exit 1; done; done

update:              ## writes the golden files anew
	go test ./... -update

clean:               ## removes what was built
	rm -rf bin .bin
