package kubernetes

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"k8s.io/client-go/discovery"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/wechsel-project/wechsel/pkg/cloud"
	"github.com/wechsel-project/wechsel/pkg/resource"
)

// Options say which cluster to open and how.
type Options struct {
	Cloud      string   // the name to show
	Kubeconfig string   // path; empty: where kubectl looks (KUBECONFIG, ~/.kube/config, the pod's own account)
	Config     []byte   // a kubeconfig's content, instead of Kubeconfig
	Context    string   // of the kubeconfig; empty: its current one
	Namespaces []string // the project: what is in them, and they themselves; empty: all but the system's

	// Secret is the key of the hashes that stand for the values of Secrets.
	// Two clouds whose values shall be compared have the same; nil: a new one.
	Secret []byte
}

// patience is how long one request may take. No answer is larger than a page.
const patience = 5 * time.Minute

// A Cloud is a Kubernetes cluster, or some namespaces of one. It implements
// cloud.Cloud and cloud.Settler.
type Cloud struct {
	name       string
	home       string   // the namespace of the kubeconfig's context
	namespaces []string // of Options
	secret     []byte
	base       *url.URL
	config     *rest.Config // of client
	client     *http.Client
	transport  *cloud.Transport
	discovery  discovery.DiscoveryInterfaceWithContext
	version    string // of the server

	mu       sync.RWMutex
	kinds    map[resource.Type]*kind // what is served
	asked    int                     // how often what is served was asked for
	answered int                     // which of the questions kinds answers
	promised map[resource.Type]bool  // kinds of our definitions; true: told to be served
	levelled map[string]bool         // namespaces that were rehearsed: they have a level of Pod Security
	stage    stage                   // of the rehearsal

	spoken map[resource.Type][]string // versions to be read in, of Speak
}

// Open reads the kubeconfig and asks the cluster what it serves. The error is
// a [cloud.OpError] that names the cloud and says what to do.
func Open(ctx context.Context, o Options) (*Cloud, error) {
	ctx = cloud.WithService(ctx, service)
	c := &Cloud{name: o.Cloud, namespaces: o.Namespaces, secret: o.Secret, levelled: map[string]bool{}, promised: map[resource.Type]bool{}}
	if c.secret == nil {
		c.secret = make([]byte, 32)
		rand.Read(c.secret)
	}
	if err := c.connect(o); err != nil {
		return nil, &cloud.OpError{Op: "log in", Cloud: o.Cloud, Err: fmt.Errorf("%w: %w", cloud.ErrInvalid, err), Hint: "name a kubeconfig and a context that it has"}
	}
	version, err := c.discovery.ServerVersionWithContext(ctx)
	if err != nil {
		return nil, c.loginError(err)
	}
	c.version = version.GitVersion
	if err := c.rediscover(ctx); err != nil {
		return nil, err
	}
	return c, nil
}

// connect makes the clients. TLS and authentication are the kubeconfig's, our
// transport is right above the connection.
func (c *Cloud) connect(o Options) error {
	loader, err := o.loader()
	if err != nil {
		return err
	}
	config, err := loader.ClientConfig()
	if err != nil {
		return err
	}
	if c.home, _, err = loader.Namespace(); err != nil {
		return err
	}
	config.Wrap(func(below http.RoundTripper) http.RoundTripper {
		c.transport = cloud.NewTransport(cloud.TransportOptions{Base: below})
		return c.transport
	})
	config.UserAgent = "wechsel"
	config.Timeout = patience
	config.QPS = -1 // our transport limits what is under way; the default of 5 requests a second is for controllers
	config.WarningHandler = rest.NoWarnings{}
	config.WarningHandlerWithContext = nil
	if c.client, err = rest.HTTPClientFor(config); err != nil {
		return err
	}
	if c.base, _, err = rest.DefaultServerUrlFor(config); err != nil {
		return err
	}
	c.config = config
	client, err := discovery.NewDiscoveryClientForConfigAndClient(config, c.client)
	c.discovery = client
	return err
}

func (o Options) loader() (clientcmd.ClientConfig, error) {
	overrides := &clientcmd.ConfigOverrides{CurrentContext: o.Context}
	if o.Config != nil {
		config, err := clientcmd.Load(o.Config)
		if err != nil {
			return nil, err
		}
		return clientcmd.NewNonInteractiveClientConfig(*config, cmp.Or(o.Context, config.CurrentContext), overrides, nil), nil
	}
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = o.Kubeconfig
	rules.WarnIfAllMissing = false
	return clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, overrides), nil
}

// Contexts returns the names of the contexts of a kubeconfig, or, without a path, of
// those files that kubectl looks into. No file is no error: it has none.
func Contexts(kubeconfig string) ([]string, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath, rules.WarnIfAllMissing = kubeconfig, false
	config, err := rules.Load()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the kubeconfig: %w", err)
	}
	return slices.Sorted(maps.Keys(config.Contexts)), nil
}

// Name returns the name under which the user knows the cloud.
func (c *Cloud) Name() string { return c.name }

// Transport returns what is below all requests, with its counts.
func (c *Cloud) Transport() *cloud.Transport { return c.transport }

// Version returns the server's version, such as v1.34.2.
func (c *Cloud) Version() string { return c.version }

// rediscover asks what is served now. Of several answers that are under way at
// once, that to the latest question holds.
func (c *Cloud) rediscover(ctx context.Context) error {
	ctx = cloud.WithService(ctx, service)
	c.mu.Lock()
	c.asked++
	question := c.asked
	c.mu.Unlock()
	kinds, _, err := discover(ctx, c.discovery)
	if err != nil {
		return c.loginError(err)
	}
	c.mu.RLock()
	known, spoken := c.kinds, c.spoken
	c.mu.RUnlock()
	for t, k := range kinds { // what is known needs no second look
		k.speak(spoken[t])
		if old := known[t]; old != nil && old.described && slices.Equal(old.versions, k.versions) {
			k.schema, k.described = old.schema, true
		}
	}
	if err := c.describe(ctx, kinds); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if question > c.answered {
		c.kinds, c.answered = kinds, question
	}
	return nil
}
