package openstack

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gophercloud/gophercloud/v2"
	"github.com/gophercloud/gophercloud/v2/openstack/config"
	"github.com/gophercloud/gophercloud/v2/openstack/config/clouds"
	"github.com/gophercloud/gophercloud/v2/openstack/identity/v3/tokens"
	"sigs.k8s.io/yaml"

	"github.com/wechsel-project/wechsel/pkg/cloud"
)

// Options say which cloud to open and how.
type Options struct {
	Cloud string   // the name in clouds.yaml; with Auth: the name to show
	Files []string // places of clouds.yaml, the first that exists counts; empty: OS_CLIENT_CONFIG_FILE, else where openstackclient looks
	Auth  *Auth    // instead of clouds.yaml

	// Transport is below all requests; nil: a new one. A cloud with a CA or
	// a client certificate of its own gets a new one in any case.
	Transport *cloud.Transport
}

// Auth is a login without clouds.yaml.
type Auth struct {
	URL      string // of Keystone, with /v3
	User     string
	Password string
	Project  string
	Domain   string // of user and project; empty: Default
	Region   string // empty: the only one
}

// login is what logging in needs.
type login struct {
	auth     gophercloud.AuthOptions
	endpoint gophercloud.EndpointOpts
	tls      *tls.Config
	urls     map[service]string // endpoints that clouds.yaml sets
}

// Open logs in. The error is an [cloud.OpError] that names the cloud and says
// what to do.
func Open(ctx context.Context, o Options) (*Cloud, error) {
	l, err := o.login()
	if err != nil {
		return nil, &cloud.OpError{Op: "log in", Cloud: o.Cloud, Err: fmt.Errorf("%w: %w", cloud.ErrInvalid, err), Hint: "name a cloud that clouds.yaml has"}
	}
	l.auth.AllowReauth = true
	transport := o.Transport
	if transport == nil || l.tls != nil {
		base := cloud.BaseTransport()
		base.TLSClientConfig = l.tls
		transport = cloud.NewTransport(cloud.TransportOptions{Base: base})
	}
	provider, err := config.NewProviderClient(ctx, l.auth, config.WithHTTPClient(http.Client{Transport: transport}))
	if err != nil {
		return nil, loginError(o.Cloud, l.auth, err)
	}
	provider.UserAgent.Prepend("wechsel")
	c := &Cloud{name: o.Cloud, region: l.endpoint.Region, provider: provider, endpoint: l.endpoint, urls: l.urls, transport: transport, kinds: kinds()}
	if err := c.identify(); err != nil {
		return nil, err
	}
	return c, nil
}

func (o Options) login() (login, error) {
	if a := o.Auth; a != nil {
		domain := cmp.Or(a.Domain, "Default")
		return login{
			auth: gophercloud.AuthOptions{IdentityEndpoint: a.URL, Username: a.User, Password: a.Password, DomainName: domain,
				Scope: &gophercloud.AuthScope{ProjectName: a.Project, DomainName: domain}},
			endpoint: gophercloud.EndpointOpts{Region: a.Region, Availability: gophercloud.AvailabilityPublic},
		}, nil
	}
	file, known, err := findCloud(o.Files, o.Cloud)
	if err != nil {
		return login{}, err
	}
	if !slices.Contains(known, o.Cloud) {
		return login{}, fmt.Errorf("%s has no cloud %q, but %s", file, o.Cloud, strings.Join(known, ", "))
	}
	auth, endpoint, tlsConfig, err := clouds.Parse(clouds.WithCloudName(o.Cloud), clouds.WithLocations(file))
	if err != nil {
		return login{}, fmt.Errorf("%s: cloud %q: %w", file, o.Cloud, err)
	}
	if tlsConfig != nil && len(tlsConfig.Certificates) == 0 && tlsConfig.RootCAs == nil && !tlsConfig.InsecureSkipVerify {
		tlsConfig = nil
	}
	urls, err := overrides(file, o.Cloud)
	return login{auth: auth, endpoint: endpoint, tls: tlsConfig, urls: urls}, err
}

// overrides reads the endpoints that clouds.yaml sets in the place of the
// catalogue's, which the SDK does not know: compute_endpoint_override and its
// like, under the names that openstackclient takes for a service.
func overrides(file, name string) (map[service]string, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var content struct {
		Clouds map[string]map[string]any `json:"clouds"`
	}
	if err := yaml.Unmarshal(data, &content); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	names := map[service][]string{identity: {"identity"}, compute: {"compute"}, network: {"network"}, image: {"image"},
		blockStorage: {"block_storage", "block_store", "volumev3", "volume"}, orchestration: {"orchestration"}}
	out := map[service]string{}
	for s, prefixes := range names {
		for _, prefix := range prefixes {
			if url, ok := content.Clouds[name][prefix+"_endpoint_override"].(string); ok && url != "" && out[s] == "" {
				out[s] = strings.TrimSuffix(url, "/") + "/"
			}
		}
	}
	return out, nil
}

// findCloud returns the clouds.yaml that counts and the names of its clouds.
func findCloud(files []string, name string) (string, []string, error) {
	if len(files) == 0 {
		files = places()
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return "", nil, err
		}
		var content struct {
			Clouds map[string]any `json:"clouds"`
		}
		if err := yaml.Unmarshal(data, &content); err != nil {
			return "", nil, fmt.Errorf("%s: %w", file, err)
		}
		return file, slices.Sorted(maps.Keys(content.Clouds)), nil
	}
	return "", nil, fmt.Errorf("no clouds.yaml for cloud %q: looked for %s", name, strings.Join(files, ", "))
}

// places returns where openstackclient looks for clouds.yaml.
func places() []string {
	if file := os.Getenv("OS_CLIENT_CONFIG_FILE"); file != "" {
		return []string{file}
	}
	files := []string{"clouds.yaml"}
	if dir, err := os.UserConfigDir(); err == nil {
		files = append(files, filepath.Join(dir, "openstack", "clouds.yaml"))
	}
	return append(files, "/etc/openstack/clouds.yaml")
}

// identify takes project and user out of the token.
func (c *Cloud) identify() error {
	result, ok := c.provider.GetAuthResult().(tokens.CreateResult)
	if !ok {
		return &cloud.OpError{Op: "log in", Cloud: c.name, Err: cloud.ErrUnsupported, Message: "not an Identity API v3", Hint: "let auth_url end in /v3"}
	}
	project, err := result.ExtractProject()
	if err != nil || project == nil {
		return &cloud.OpError{Op: "log in", Cloud: c.name, Err: cloud.ErrUnauthenticated, Message: "the token is not for a project", Hint: "set project_name in clouds.yaml"}
	}
	c.project = project.ID
	return c.chooseRegion(result)
}

// chooseRegion takes the only region there is when none is configured. Of
// several, the catalogue's first would be anybody's guess. One that the catalogue
// does not have would look like a cloud that offers and holds nothing.
func (c *Cloud) chooseRegion(result tokens.CreateResult) error {
	catalogue, err := result.ExtractServiceCatalog()
	if err != nil {
		return err
	}
	regions := map[string]bool{}
	for _, entry := range catalogue.Entries {
		for _, e := range entry.Endpoints {
			if c.region != "" && (e.RegionID == c.region || e.Region == c.region) {
				return nil
			}
			regions[cmp.Or(e.RegionID, e.Region)] = true
		}
	}
	names := slices.Sorted(maps.Keys(regions))
	wrong := &cloud.OpError{Op: "log in", Cloud: c.name, Err: cloud.ErrInvalid, Message: "the cloud has the regions " + strings.Join(names, ", "), Hint: "set region_name in clouds.yaml"}
	switch {
	case c.region != "" && (len(names) == 0 || len(c.urls) > 0): // whoever sets endpoints knows better than the catalogue
		return nil
	case c.region != "":
		wrong.Message = fmt.Sprintf("the cloud has no region %q, but %s", c.region, strings.Join(names, ", "))
		return wrong
	case len(names) > 1:
		return wrong
	case len(names) == 1:
		c.region, c.endpoint.Region = names[0], names[0]
	}
	return nil
}

// withoutUser is an address without the password that may be in it.
func withoutUser(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return cloud.RedactedURL(u)
}

// loginError turns what gophercloud says into one of our kinds.
func loginError(name string, auth gophercloud.AuthOptions, err error) error {
	e := &cloud.OpError{Op: "log in", Cloud: name}
	var refused gophercloud.ErrUnexpectedResponseCode
	var missing gophercloud.ErrEndpointNotFound
	switch {
	case errors.As(err, &refused) && refused.Actual == http.StatusUnauthorized:
		answer(e, refused)
		e.Err = cloud.ErrUnauthenticated
		e.Hint = fmt.Sprintf("check user %q, password and project of this cloud in clouds.yaml", cmp.Or(auth.Username, auth.UserID, auth.ApplicationCredentialID, auth.ApplicationCredentialName))
	case errors.As(err, &refused):
		answer(e, refused)
		e.Err = kindOf(refused.Actual, e.Message)
		e.Hint = "check auth_url " + withoutUser(auth.IdentityEndpoint)
	case errors.As(err, &missing):
		e.Err = fmt.Errorf("%w: %w", cloud.ErrUnsupported, err)
	case connectionFailed(err):
		e.Err = fmt.Errorf("%w: %w", cloud.ErrUnreachable, err)
		e.Hint = "check auth_url " + withoutUser(auth.IdentityEndpoint) + " and the network"
	case errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		e.Err = err
	default:
		e.Err = fmt.Errorf("%w: %w", cloud.ErrUnauthenticated, err)
		e.Hint = "check this cloud's entry in clouds.yaml"
	}
	return e
}
